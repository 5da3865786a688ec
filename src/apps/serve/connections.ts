/** HTTP connections with limits on their number, on pipelined requests, and on the time to send and to read. */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { HttpError } from "./httpError.ts";

/** Limits in counts and milliseconds that keep one client from exhausting shared resources. */
export interface ConnectionLimits {
  /** maximum number of sockets; further ones are closed at once. Each may hold one open file besides its own descriptor */
  readonly connections: number;
  /** maximum number of requests sent before the first is answered */
  readonly pipelined: number;
  /** time to receive a complete request, which limits slow senders */
  readonly request: number;
  /** time to receive the head of a request */
  readonly head: number;
  /** time between two requests of one connection */
  readonly idle: number;
  /** time in which a client may read nothing of a response, and within which it must read a small one */
  readonly answer: number;
  /** minimum read rate: bytes of a response per additional second */
  readonly rate: number;
}

/** Default limits. */
export const defaultConnectionLimits: ConnectionLimits = {
  connections: 256,
  pipelined: 16,
  request: 20_000,
  head: 10_000,
  idle: 5_000,
  answer: 30_000,
  rate: 32 * 1024,
};

/** Interval of the checks for slow clients, and the time until a rejected socket is destroyed, milliseconds. */
const interval = 1_000;

/** Creates a server for the handler, without listening yet. */
export function createHttpServer(fetch: Hono["fetch"], limits: ConnectionLimits = defaultConnectionLimits): Server {
  const listener = getRequestListener(fetch, { errorHandler: (error) => problem(refusalOf(error)) });
  const turns = new Turns(listener, limits);
  const server = createServer(
    {
      requestTimeout: limits.request,
      headersTimeout: limits.head,
      keepAliveTimeout: limits.idle,
      connectionsCheckingInterval: interval,
      maxHeaderSize: 16_384,
      // Checked by the listener, which reports it in the common error format.
      requireHostHeader: false,
    },
    (incoming, outgoing) => turns.take(incoming, outgoing),
  );
  server.maxConnections = limits.connections;
  server.on("clientError", (error, socket) => turns.refuse(error, socket));
  server.on("checkExpectation", (_, outgoing: ServerResponse) => {
    const { status, body } = new HttpError(417, "USAGE", "no expectation but 100-continue is met here");
    const text = JSON.stringify(body);
    const length = Buffer.byteLength(text);
    outgoing.writeHead(status, { "Content-Type": "application/json", "Content-Length": length, Connection: "close" });
    outgoing.end(text);
  });
  const watch = setInterval(() => turns.cutSlowReaders(), interval).unref();
  server.once("close", () => clearInterval(watch));
  return server;
}

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

interface Turn {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** Request in progress on a socket. */
interface Current {
  readonly outgoing: ServerResponse;
  /** bytes written to the socket before it began */
  readonly before: number;
  /** time when its response was first seen being sent */
  since: number | undefined;
}

/**
 * Serialises the requests of one socket. Node dispatches pipelined requests at once, and each could open a file long before
 * its response can be sent. Requests still queued when the socket closes never start.
 */
class Turns {
  readonly #listener: Listener;
  readonly #limits: ConnectionLimits;
  readonly #waiting = new WeakMap<Duplex, Turn[]>();
  readonly #current = new Map<Socket, Current>();

  constructor(listener: Listener, limits: ConnectionLimits) {
    this.#listener = listener;
    this.#limits = limits;
  }

  take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    const waiting = this.#waiting.get(socket) ?? [];
    if (!this.#waiting.has(socket)) {
      this.#waiting.set(socket, waiting);
      socket.once("close", () => this.#current.delete(socket));
    }
    if (!this.#current.has(socket)) this.#begin({ incoming, outgoing });
    else if (waiting.push({ incoming, outgoing }) > this.#limits.pipelined) socket.destroy();
  }

  #begin({ incoming, outgoing }: Turn): void {
    const { socket } = incoming;
    // Computing a response may take long; sending it is limited from its start.
    socket.setTimeout(0);
    this.#current.set(socket, { outgoing, before: socket.bytesWritten, since: undefined });
    outgoing.once("close", () => {
      this.#current.delete(socket);
      const next = socket.writable ? this.#waiting.get(socket)?.shift() : undefined;
      if (next !== undefined) this.#begin(next);
    });
    this.#listener(incoming, outgoing);
  }

  /**
   * Closes sockets of clients that do not read their response. Node's timer covers those that read nothing, the minimum rate
   * those that read slowly.
   */
  cutSlowReaders(now = performance.now()): void {
    const { answer, rate } = this.#limits;
    for (const [socket, current] of this.#current) {
      if (!current.outgoing.headersSent) continue;
      if (current.since === undefined) socket.setTimeout(answer);
      current.since ??= now;
      const given = socket.bytesWritten - current.before;
      if (now - current.since > answer + (1000 * given) / rate) socket.destroy();
    }
  }

  /** Reports in the common error format what Node rejects before the app receives it. */
  refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const isAnswered = socket instanceof Socket && this.#current.get(socket)?.outgoing.headersSent === true;
    if (error.code === "ECONNRESET" || !socket.writable || isAnswered) {
      socket.destroy();
      return;
    }
    const { status, body } = refusals[error.code ?? ""] ?? malformed;
    const text = JSON.stringify(body);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(text)}`,
      "Connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
    // A client may keep sending; do not wait for it.
    setTimeout(() => socket.destroy(), interval).unref();
  }
}

const malformed = new HttpError(400, "USAGE", "the request is no HTTP that is understood here");

const refusals: Readonly<Record<string, HttpError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new HttpError(408, "TIMEOUT", "the request took too long to arrive"),
  HPE_HEADER_OVERFLOW: new HttpError(431, "TOO_LARGE", "the head of the request has more than 16 KiB"),
};

/** Error of the adaptor: it throws only for an invalid URL or host; everything else goes to the app's error handler. */
const refusalOf = (error: unknown): HttpError =>
  error instanceof Error && error.name === "RequestError"
    ? malformed
    : new HttpError(500, "INTERNAL", "the server failed");

const problem = ({ status, body }: HttpError): Response => Response.json(body, { status });
