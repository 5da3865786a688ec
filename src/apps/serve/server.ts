/** HTTP server: connections, app, queue and model process. */
import type { Server } from "node:http";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { packageVersion } from "../../platform/package.node.ts";
import { createApp } from "./app.ts";
import { createHttpServer } from "./connections.ts";
import { Metrics } from "./metrics.ts";
import { type ModelHost, startModelHost } from "./modelHost.ts";
import type { ServeConfig } from "./options.ts";
import { RequestQueue } from "./queue.ts";
import { requireRunsFolder } from "./runFolders.ts";
import { readToken } from "./token.ts";

/** Listening server. */
export interface RunningServer {
  readonly url: string;
  /** Host of the model process, for supervision and tests. @internal */
  readonly host: ModelHost;
  /** Stops accepting requests, finishes those in progress within a time limit, then ends the model process. */
  close(): Promise<void>;
}

/** Milliseconds for requests in progress when the server closes. */
const closeTimeout = 9_000;

/** Maximum pictures per batch: all of them wait for the last, and larger batches are no faster. */
const maxBatchPictures = 8;
/** Maximum bytes per batch: several copies exist on the way to the model process. */
const maxBatchBytes = 32e6;

/**
 * Loads the model and listens. `pageFolder` holds the page's built files, by default the package's; the signal stops the
 * loading. Throws the errors of loading, ACCESS for an invalid token, NOT_FOUND if the folder of runs is missing, RUNTIME if
 * the port is in use.
 */
export async function startServer(
  config: ServeConfig,
  notice: (line: string) => void,
  pageFolder?: string,
  signal?: AbortSignal,
): Promise<RunningServer> {
  const token = await readToken(config);
  if (config.runs !== undefined) await requireRunsFolder(config.runs);
  const host = await startModelHost({ recognizer: config, notice, signal });
  const metrics = new Metrics();
  const queue = new RequestQueue({
    answer: (pictures) => host.answer(pictures),
    limit: config.queue,
    batchSize: Math.min(config.batchSize, maxBatchPictures),
    batchBytes: maxBatchBytes,
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
    model: () => {
      const { provider, threads, unsureBelow } = config;
      return { ...host.model, provider, threads, unsureBelow };
    },
    process: () => ({ replaced: host.replaced, isReady: host.pid !== undefined, isOverdue: host.isOverdue }),
    runs: config.runs,
    pageFolder,
  });
  try {
    const server = createHttpServer(app.fetch);
    await listen(server, config);
    return { url: urlOf(server), host, close: () => close(server, queue, host) };
  } catch (error) {
    host.close();
    throw error;
  }
}

async function listen(server: Server, { host, port }: ServeConfig): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const what = `cannot listen on ${host} port ${port} (${messageOf(cause)})`;
      reject(new MpaError("RUNTIME", what, { fix: "name another --port or --host", cause }));
    });
    server.listen(port, host, resolve);
  });
}

async function close(server: Server, queue: RequestQueue, host: ModelHost): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    queue.close();
    server.closeAllConnections();
  }, closeTimeout);
  await closed;
  clearTimeout(timer);
  queue.close();
  host.close();
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new MpaError("INTERNAL", "the server has no address");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}/`;
}
