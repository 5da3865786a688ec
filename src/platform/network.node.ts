/** Network access: offline mode, retries, response limits, and URLs without credentials. */

import { setTimeout as wait } from "node:timers/promises";
import { MpaError } from "./errors.ts";

/** The environment variable of `--offline`, so that child processes inherit it. */
export const offlineVariable = "MPA_FER_OFFLINE";

/** Throws NETWORK in offline mode; `what` names the work that needs the network. */
export function requireNetwork(what: string): void {
  if (process.env[offlineVariable] !== "1") return;
  throw new MpaError("NETWORK", `${what} needs the network, which --offline forbids`, { fix: "leave --offline out" });
}

/** A URL for messages and records, without user, password and query. */
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
  /** maximum number of attempts */
  readonly tries: number;
  /** milliseconds before the second attempt, doubled for each further one */
  readonly firstWait: number;
  /** maximum wait that a server may request, in milliseconds */
  readonly longestWait: number;
}

/** Default limits of retries. */
export const patience: Patience = { tries: 5, firstWait: 500, longestWait: 60_000 };

/**
 * Creates a `fetch` that retries after 429, 500, 502, 503, 504 and network failures, and honours `Retry-After` in seconds. The
 * last response or failure is passed on; an abort is thrown immediately. `longestTry` is the timeout of an attempt in milliseconds.
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

/** Limits on the responses of an untrusted server; parsed JSON may take a hundred times its size in memory. */
export interface AnswerBounds {
  /** maximum bytes of one response */
  readonly bytes: number;
  /** maximum number of responses, for paginated lists */
  readonly answers: number;
}

/** Creates a `fetch` that throws if a response is too long or there are too many responses. */
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
