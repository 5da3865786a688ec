/** Network access: forbidden by `--offline`, retried where a server is busy, and addresses without their secrets. */

import { setTimeout as wait } from "node:timers/promises";
import { MpaError } from "./errors.ts";

/** The environment variable of `--offline`, so that child processes inherit it. */
export const offlineVariable = "MPA_FER_OFFLINE";

/** Throws NETWORK where the network is forbidden; `what` is the work that needs it. */
export function requireNetwork(what: string): void {
  if (process.env[offlineVariable] !== "1") return;
  throw new MpaError("NETWORK", `${what} needs the network, which --offline forbids`, { fix: "leave --offline out" });
}

/** An address for messages and records, without user, password and query. */
export function withoutSecrets(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "the given address";
  }
}

/** Limits of retries. */
export interface Patience {
  /** tries in all */
  readonly tries: number;
  /** milliseconds before the second try; doubled for each further one */
  readonly firstWait: number;
  /** the longest wait that a server may ask for, milliseconds */
  readonly longestWait: number;
}

export const patience: Patience = { tries: 5, firstWait: 500, longestWait: 60_000 };

/**
 * A `fetch` that retries after 429, 500, 502, 503, 504 and network failures, and honours `Retry-After` in seconds. The last response
 * or failure is passed on. An abort is thrown at once. A try may take `longestTry` milliseconds.
 */
export function patientFetch(
  signal: AbortSignal | undefined,
  { tries, firstWait, longestWait } = patience,
  longestTry?: number,
): typeof fetch {
  return async (url, init) => {
    for (let attempt = 1; ; attempt++) {
      const last = attempt === tries;
      const backOff = firstWait * 2 ** (attempt - 1);
      try {
        const response = await fetch(url, { ...init, signal: signalOf(signal, longestTry) });
        if (last || !busy.has(response.status)) return response;
        const asked = Number(response.headers.get("retry-after") ?? Number.NaN) * 1000;
        await response.body?.cancel();
        await wait(Math.min(longestWait, Number.isFinite(asked) ? asked : backOff), undefined, { signal });
      } catch (error) {
        if (last || signal?.aborted) throw error;
        await wait(backOff, undefined, { signal });
      }
    }
  };
}

/** What a server may answer in all: it may be one that somebody else chose, and JSON takes a hundred times its bytes. */
export interface AnswerBounds {
  /** bytes of one answer */
  readonly bytes: number;
  /** answers in all, for lists that go on page after page */
  readonly answers: number;
}

/** `fetch` that fails where an answer is too long, or where there are too many. */
export function boundedFetch(inner: typeof fetch, { bytes, answers }: AnswerBounds): typeof fetch {
  let left = answers;
  return async (url, init) => {
    if (--left < 0) throw new Error(`more than ${answers} answers`);
    const response = await inner(url, init);
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    const bounded = new Response(response.body.pipeThrough(atMost(bytes)), { status, statusText, headers });
    return Object.defineProperty(bounded, "url", { value: response.url });
  };
}

function atMost(bytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.length;
      if (left < 0) controller.error(new Error(`an answer of more than ${bytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
}

function signalOf(signal: AbortSignal | undefined, longestTry: number | undefined): AbortSignal | undefined {
  if (longestTry === undefined) return signal;
  const timeout = AbortSignal.timeout(longestTry);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

const busy: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
