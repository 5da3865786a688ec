/** Many images through a session that takes a few a run. */
import { inOrder } from "../runtime/inOrder.ts";
import type { Feeds, Session } from "../runtime/session.ts";

/** How images go through a session. */
export interface Pass {
  readonly session: Session;
  /** the name of the input that takes them */
  readonly input: string;
  /** what else it takes, the same for all */
  readonly feeds?: Feeds;
  /** images a run takes */
  readonly size: number;
  /** values an image */
  readonly values: number;
}

/** Results of `n` images in order, a run at a time: of `count` images from `start` on. */
export function runInParts(images: Float32Array, n: number, { session, input, feeds, size, values }: Pass) {
  const starts = Array.from({ length: Math.ceil(n / size) }, (_, part) => part * size);
  return inOrder(starts, session.concurrency, async (start) => {
    const count = Math.min(size, n - start);
    const part = padRows(images.subarray(start * values, (start + count) * values), size * values);
    return { start, count, results: await session.run({ ...feeds, [input]: part }) };
  });
}

/** The same values, with zeros behind them up to `length`: a graph's batch is fixed, the last one may be smaller. */
function padRows(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}
