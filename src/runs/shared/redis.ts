/** Connections to a Redis server, and errors for its refusals. The client is an optional package, loaded for `--redis` only. */
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import { type ErrorCode, MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { requireNetwork, withoutSecrets } from "../../platform/network.node.ts";
import { loadPackage } from "../../platform/package.node.ts";

/** Maximum delay between reconnection attempts, milliseconds. */
const maxDelay = 2000;

/**
 * Connects to a server. A connection lost later is retried indefinitely, and pending commands are sent once it is restored. Throws USAGE
 * for a malformed address, NETWORK if the server cannot be reached or used, ACCESS if it refuses the user or password, RUNTIME if the
 * client is not installed.
 */
export async function connectRedis(url: string): Promise<Redis> {
  requireNetwork("--redis");
  const database = databaseOf(url);
  const { Redis } = await loadPackage("ioredis", () => import("ioredis"));
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(maxDelay, 50 * 2 ** times),
  });
  // The client retries by itself, and commands report their own errors. Only this event has the reason of a refused password.
  let reason: unknown;
  redis.on("error", (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
    // The client silently uses database 0 if the requested one does not exist.
    if (database > 0) await redis.select(database);
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw redisFailure(reason ?? cause, url);
  }
}

/** Converts a failure of the client or server to an `MpaError`; returns an existing one unchanged. */
export function redisFailure(cause: unknown, url: string): MpaError {
  if (cause instanceof MpaError) return cause;
  const where = withoutSecrets(url);
  const { code, what, fix } = refusalOf(cause) ?? {};
  if (code !== undefined && what !== undefined) return new MpaError(code, what, { where, fix, cause });
  const said = messageOf(cause).slice(0, maxReply);
  return isReply(cause)
    ? new MpaError("NETWORK", `Redis refuses (${said})`, { where, fix: "see the server's log", cause })
    : new MpaError("NETWORK", `Redis cannot be reached (${said})`, {
        where,
        fix: "start redis-server, or correct --redis",
        cause,
      });
}

/** Whether a failure is a permanent refusal by the server; a lost connection is not. */
export const isLasting = (cause: unknown): boolean => isReply(cause) && refusalOf(cause)?.passes !== true;

/** Whether a failure is an error reply of the server. */
export const isRefusal = (cause: unknown): boolean => isReply(cause);

/** Value of a promise, or `undefined` if it rejects or exceeds the timeout. */
export const withTimeout = <T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> =>
  within(
    milliseconds,
    promise.catch(() => undefined),
  );

/** Value of a promise, or `undefined` if it exceeds the timeout. Throws its rejection. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const late = wait(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

/** Value of a promise. Throws INTERRUPTED as soon as the signal aborts; the promise is then ignored. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), aborted]);
    throwIfStopped(signal, "stopped before the work was done");
    if (first !== undefined) return first.value;
    return await promise;
  } finally {
    signal.removeEventListener("abort", stop);
    promise.catch(() => undefined);
  }
}

/** Database number of an address, 0 if it has none. Throws USAGE if it is not a Redis address. */
function databaseOf(url: string): number {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isRedis = parsed !== undefined && ["redis:", "rediss:"].includes(parsed.protocol) && parsed.hostname !== "";
  const database = parsed?.pathname.replace(/^\//, "") ?? "";
  if (isRedis && /^\d{0,5}$/.test(database)) return Number(database);
  throw new MpaError("USAGE", "--redis is no address of a Redis server", {
    where: isRedis ? withoutSecrets(url) : undefined,
    fix: "write redis://HOST:PORT or redis://USER:PASSWORD@HOST:PORT/DATABASE, the database as a number",
  });
}

/** Meaning of an error reply. */
interface Refusal {
  readonly reply: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly fix: string;
  /** whether the condition may resolve by itself */
  readonly passes?: true;
}

const refusals: readonly Refusal[] = [
  {
    reply: /WRONGPASS|invalid password|invalid username-password/i,
    ...{ code: "ACCESS", what: "Redis refuses the user or the password" },
    fix: "correct them in --redis: redis://USER:PASSWORD@HOST:PORT",
  },
  {
    reply: /NOAUTH/,
    ...{ code: "ACCESS", what: "Redis asks for a password" },
    fix: "add it to --redis: redis://:PASSWORD@HOST:PORT",
  },
  {
    reply: /NOPERM/,
    ...{ code: "ACCESS", what: "the user of --redis may not do this" },
    fix: "allow it all commands on the keys bull:mpa-fer* and mpa-fer:* (ACL SETUSER)",
  },
  {
    reply: /DB index is out of range|SELECT is not allowed/i,
    ...{ code: "NETWORK", what: "Redis has no database of this number" },
    fix: "name another one at the end of --redis, or none",
  },
  {
    reply: /WRONGTYPE/,
    ...{ code: "NETWORK", what: "a key of this program holds another program's value" },
    fix: "name an unused database in --redis: redis://HOST:PORT/N",
  },
  {
    reply: /READONLY/,
    ...{ code: "NETWORK", what: "this Redis is a replica that takes no writes" },
    ...{ fix: "name the primary server in --redis", passes: true },
  },
  {
    reply: /OOM/,
    ...{ code: "NETWORK", what: "Redis has used up its memory (maxmemory)" },
    ...{ fix: "raise its maxmemory, or name another server in --redis", passes: true },
  },
  {
    reply: /MISCONF/,
    ...{ code: "NETWORK", what: "Redis cannot save to its disk and takes no writes" },
    ...{ fix: "make room on its disk, or see its log", passes: true },
  },
  {
    reply: /LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN/,
    ...{ code: "NETWORK", what: "Redis is not ready yet" },
    ...{ fix: "try again later", passes: true },
  },
];

/** Maximum length of a server's message in an error, characters. */
const maxReply = 120;

const isReply = (cause: unknown): boolean => cause instanceof Error && cause.name === "ReplyError";

const refusalOf = (cause: unknown): Refusal | undefined =>
  isReply(cause) ? refusals.find(({ reply }) => reply.test(messageOf(cause))) : undefined;
