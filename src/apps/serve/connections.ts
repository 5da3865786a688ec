/** Sockets within limits: how many there are, what each may ask at a time, and how long it may take to send and to read. */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { HttpError } from "./httpError.ts";

/** Milliseconds and counts that keep one client from holding what all of them need. */
export interface ConnectionLimits {
  /** sockets at one time; more are closed as they come. Each may hold one file open beside its own descriptor */
  readonly connections: number;
  /** requests that a client may send before the first of them is answered */
  readonly pipelined: number;
  /** until a request is there, whole: a client that sends drop by drop is cut */
  readonly request: number;
  /** until the head of a request is there */
  readonly head: number;
  /** between two requests of one connection */
  readonly idle: number;
  /** in which a client may take nothing of its answer, and within which a small one has to be taken */
  readonly answer: number;
  /** bytes of an answer for which a client has one second more */
  readonly rate: number;
}

export const usualConnections: ConnectionLimits = {
  connections: 256,
  pipelined: 16,
  request: 20_000,
  head: 10_000,
  idle: 5_000,
  answer: 30_000,
  rate: 32 * 1024,
};

/** How often sockets are looked at, milliseconds. */
const interval = 1_000;

/** A server that answers with the handler; it does not listen yet. */
export function createHttpServer(fetch: Hono["fetch"], limits: ConnectionLimits = usualConnections): Server {
  const listener = getRequestListener(fetch, { errorHandler: (error) => problem(refusalOf(error)) });
  const turns = new Turns(listener, limits);
  const server = createServer(
    {
      requestTimeout: limits.request,
      headersTimeout: limits.head,
      keepAliveTimeout: limits.idle,
      connectionsCheckingInterval: interval,
      maxHeaderSize: 16_384,
      // Said by the listener, in the shape of all errors.
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

/** The request of a socket that is in work. */
interface Current {
  readonly outgoing: ServerResponse;
  /** bytes of the socket when it began */
  readonly before: number;
  /** when its answer was first seen to be sent */
  since: number | undefined;
}

/**
 * Requests of one socket one after another: Node hands over pipelined ones at once, and each would open its file although no
 * byte of it can be sent yet. What still waits when a socket closes is never begun.
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
    // An answer may take its time; what it takes to be sent is bounded when it begins.
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
   * Closes the sockets whose clients do not take their answer: Node's own timer sees those that take nothing, and the rate
   * those that take a byte now and then.
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

  /** Says in the shape of all errors what Node refuses before the app hears of it. */
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
    // A client that goes on sending is not waited for.
    setTimeout(() => socket.destroy(), interval).unref();
  }
}

const malformed = new HttpError(400, "USAGE", "the request is no HTTP that is understood here");

const refusals: Readonly<Record<string, HttpError>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new HttpError(408, "TIMEOUT", "the request took too long to arrive"),
  HPE_HEADER_OVERFLOW: new HttpError(431, "TOO_LARGE", "the head of the request has more than 16 KiB"),
};

/** The adaptor throws where an address or a host cannot be read, and nowhere else before the app's own handler of errors. */
const refusalOf = (error: unknown): HttpError =>
  error instanceof Error && error.name === "RequestError"
    ? malformed
    : new HttpError(500, "INTERNAL", "the server failed");

const problem = ({ status, body }: HttpError): Response => Response.json(body, { status });
