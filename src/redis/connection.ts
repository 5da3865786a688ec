/** Connections to a Redis server. Its client is an optional package, loaded where a command is given `--redis`. */
import type { Redis } from "ioredis";
import { MpaError, messageOf } from "../errors.ts";
import { requireNetwork, withoutSecrets } from "../network.ts";
import { loadPackage } from "../packageInfo.ts";

/** Milliseconds between two tries to reach a server again, at most. */
const mostDelay = 2000;

/**
 * Connects; a connection that is lost later is made again for as long as it takes, and what was asked meanwhile is asked then.
 * Throws NETWORK where the server cannot be reached, RUNTIME where the client is not installed.
 */
export async function connectRedis(url: string): Promise<Redis> {
  requireNetwork("--redis");
  const { Redis } = await loadPackage("ioredis", () => import("ioredis"));
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(mostDelay, 50 * 2 ** times),
  });
  // Whoever waits for an answer hears of a failure; the client itself tries again.
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return redis;
  } catch (cause) {
    redis.disconnect();
    const what = `Redis cannot be reached (${messageOf(cause)})`;
    throw new MpaError("NETWORK", what, withoutSecrets(url), "start redis-server, or correct --redis", { cause });
  }
}
