/** Redis server for a test: Debian's `redis-server` with an append-only file on a free port. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";

/** Whether `redis-server` is installed; tests that need it are skipped otherwise. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!hasRedis) console.warn("redis-server is not installed: tests of work that machines share are skipped");

/** Password of every test server, so that tests detect where it leaks. */
export const redisPassword = "not-for-records";

export interface RedisServer {
  readonly url: string;
  /** Ends the server, immediately with SIGKILL, and restarts it on the same file after this many milliseconds. */
  restart(signal: NodeJS.Signals, pause: number): Promise<void>;
  /** Ends the server immediately. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server with its append-only file in `folder` and further flags of `redis-server`. */
export async function startRedis(folder: string, settings: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const url = `redis://:${redisPassword}@127.0.0.1:${port}`;
  let server = await start(port, folder, url, settings);
  return {
    url,
    restart: async (signal, pause) => {
      await end(server, signal);
      await wait(pause);
      server = await start(port, folder, url, settings);
    },
    kill: () => end(server, "SIGKILL"),
    stop: () => end(server, "SIGTERM"),
  };
}

async function start(port: number, folder: string, url: string, settings: readonly string[]): Promise<ChildProcess> {
  const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""];
  flags.push("--requirepass", redisPassword, ...settings);
  const server = spawn("redis-server", flags, { stdio: "ignore" });
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on("error", () => undefined);
  await redis.ping();
  redis.disconnect();
  return server;
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill(signal);
  await once(server, "exit");
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
