/** The server: sockets with their limits, the app, the queue and the model's process. */
import { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { readText } from "../../platform/files.node.ts";
import { packageVersion } from "../../platform/package.node.ts";
import { createApp } from "./app.ts";
import { Metrics } from "./metrics.ts";
import { type ModelHost, startModelHost } from "./modelHost.ts";
import { type ServeConfig, tokenVariable } from "./options.ts";
import { RequestQueue } from "./queue.ts";

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  /**
   * The model's process, for whoever watches it.
   *
   * @internal
   */
  readonly host: ModelHost;
  /** Takes no more requests, finishes those in work within the time, then ends the model's process. */
  close(): Promise<void>;
}

/** Milliseconds that requests in work have when the server is told to end. */
const farewell = 9_000;

/** Pictures a batch at most: everyone in it waits for the last, and more of them are read no faster. */
const maxTogether = 8;

const limits = {
  /** the whole request has to be there within this time: a client that sends drop by drop is cut */
  requestTimeout: 20_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
} as const;

/**
 * Loads the model and listens. `pageFolder` holds the page's built files, the package's own unless it is given. Throws as
 * loading does, ACCESS for an empty token, RUNTIME where the port is taken.
 */
export async function startServer(
  config: ServeConfig,
  notice: (line: string) => void,
  pageFolder?: string,
): Promise<RunningServer> {
  const token = await readToken(config);
  const host = await startModelHost({ recognizer: config, notice });
  const metrics = new Metrics();
  const queue = new RequestQueue({
    answer: (pictures) => host.answer(pictures),
    limit: config.queue,
    batchSize: Math.min(config.batchSize, maxTogether),
    wait: config.batchWait,
    onBatch: (pictures) => metrics.batch(pictures),
  });
  const app = createApp({
    version: packageVersion(),
    guard: {
      hosts: config.allowHost ?? [],
      origins: config.allowOrigin ?? [],
      anyHost: config.insecure,
      token,
    },
    queue,
    metrics,
    model: () => ({ ...host.model, provider: config.provider, threads: config.threads }),
    process: () => ({ replaced: host.replaced, isThere: host.pid !== undefined }),
    runs: config.runs,
    pageFolder,
  });
  try {
    const server = await listen(app.fetch, config);
    return { url: urlOf(server), host, close: () => close(server, host) };
  } catch (error) {
    host.close();
    throw error;
  }
}

async function listen(fetch: Hono["fetch"], { host, port }: ServeConfig): Promise<Server> {
  const server = createAdaptorServer({ fetch, serverOptions: limits });
  if (!(server instanceof Server)) throw new MpaError("INTERNAL", "the server does not speak plain HTTP");
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const what = `cannot listen on ${host} port ${port} (${messageOf(cause)})`;
      reject(new MpaError("RUNTIME", what, { fix: "name another --port or --host", cause }));
    });
    server.listen(port, host, resolve);
  });
  return server;
}

async function close(server: Server, host: ModelHost): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), farewell);
  await closed;
  clearTimeout(timer);
  host.close();
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new MpaError("INTERNAL", "the server has no address");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}/`;
}

/** From the file, else from the environment; undefined where there is neither. */
async function readToken({ tokenFile }: ServeConfig): Promise<string | undefined> {
  const given = tokenFile === undefined ? process.env[tokenVariable] : await readText(tokenFile, "ACCESS");
  const token = given?.trim();
  if (tokenFile !== undefined && token === "") {
    throw new MpaError("ACCESS", "the token's file is empty", {
      where: tokenFile,
      fix: "write a long random text into it",
    });
  }
  return token === "" ? undefined : token;
}
