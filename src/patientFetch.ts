/** `fetch` that waits and asks again where a server is busy or the line fails. */
import { setTimeout as wait } from "node:timers/promises";

export interface Patience {
  /** tries in all */
  readonly tries: number;
  /** before the second try, milliseconds; doubled for each further one */
  readonly firstWait: number;
  /** the longest wait that a server may ask for, milliseconds */
  readonly longestWait: number;
}

export const patience: Patience = { tries: 5, firstWait: 500, longestWait: 60_000 };

/**
 * Tries again after 429, 500, 502, 503, 504 and failures of the line; `Retry-After` in seconds is kept to. The last
 * answer or failure is given as it is. An abort is thrown at once. A try may take `longestTry` milliseconds.
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

function signalOf(signal: AbortSignal | undefined, longestTry: number | undefined): AbortSignal | undefined {
  if (longestTry === undefined) return signal;
  const timeout = AbortSignal.timeout(longestTry);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

const busy: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
