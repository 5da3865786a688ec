/** Connections to a Redis server, and what its refusals mean. Its client is an optional package, loaded where a command is given `--redis`. */
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import { type ErrorCode, MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { requireNetwork, withoutSecrets } from "../../platform/network.node.ts";
import { loadPackage } from "../../platform/package.node.ts";

/** Milliseconds between two tries to reach a server again, at most. */
const maxDelay = 2000;

/**
 * Connects; a connection that is lost later is made again for as long as it takes, and what was asked meanwhile is asked then.
 * Throws USAGE for a malformed address, NETWORK where the server cannot be reached or used, ACCESS where it refuses the user or
 * password, RUNTIME where the client is not installed.
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
  // Whoever waits for an answer hears of a failure; the client itself tries again. Only here it tells why a password is refused.
  let reason: unknown;
  redis.on("error", (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
    // The client goes on with database 0 where the server does not have the one of the address.
    if (database > 0) await redis.select(database);
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw redisFailure(reason ?? cause, url);
  }
}

/** The number of the database, 0 where the address names none. Throws USAGE for what is no address of Redis. */
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

/** What a refusal of the server means. */
interface Refusal {
  readonly reply: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly fix: string;
  /** it may pass without anybody's help */
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
    ...{ fix: "try again when it is", passes: true },
  },
];

/** Characters of a server's own words in an error. */
const maxReply = 120;

const isReply = (cause: unknown): boolean => cause instanceof Error && cause.name === "ReplyError";

const refusalOf = (cause: unknown): Refusal | undefined =>
  isReply(cause) ? refusals.find(({ reply }) => reply.test(messageOf(cause))) : undefined;

/** The error for what a client or server of Redis failed with; one of ours stays as it is. */
export function redisFailure(cause: unknown, url: string): MpaError {
  if (cause instanceof MpaError) return cause;
  const where = withoutSecrets(url);
  const { code, what, fix } = refusalOf(cause) ?? {};
  if (code !== undefined && what !== undefined) return new MpaError(code, what, { where, fix, cause });
  const said = messageOf(cause).slice(0, maxReply);
  return isReply(cause)
    ? new MpaError("NETWORK", `Redis refuses (${said})`, { where, fix: "see its log", cause })
    : new MpaError("NETWORK", `Redis cannot be reached (${said})`, {
        where,
        fix: "start redis-server, or correct --redis",
        cause,
      });
}

/** Whether a failure is a refusal that trying again does not change; a lost connection is none. */
export const isLasting = (cause: unknown): boolean => isReply(cause) && refusalOf(cause)?.passes !== true;

/** Whether the server itself refused, in whatever way. */
export const isRefusal = isReply;

/* Answers that may never come. */

/** What the promise comes to; `undefined` where it fails or takes longer than so many milliseconds. */
export const withTimeout = <T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> =>
  within(
    milliseconds,
    promise.catch(() => undefined),
  );

/** What the promise comes to; `undefined` where it takes longer than so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const late = wait(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

/** What the promise comes to. Throws INTERRUPTED when the signal aborts, whatever becomes of the promise. */
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
