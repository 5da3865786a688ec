/** Loss terms and gradients of one batch, run as as many micro-batches as memory asks for, with the same gradient. */
import { MpaError } from "../errors.ts";
import type { Prompts } from "../model/prompts.ts";
import type { Feeds, Session } from "../runtime/session.ts";
import type { Gradients } from "./sgd.ts";
import { gradientName } from "./trainingGraph.ts";

/** A batch of n images; arrays may be longer than n images where a loader reuses them. */
export interface TrainingBatch {
  readonly size: number;
  /** pixels [n,3,S,S] or features [n,E], row-major */
  readonly images: Float32Array;
  /** [n, C] */
  readonly target: Float32Array;
  readonly labels: readonly number[];
}

export interface StepResult {
  /** each term by its name in METHOD.md */
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Gradients;
}

export interface StepOptions {
  /** images a run of the session's graph takes */
  readonly microBatch: number;
  readonly classes: number;
  /** values an image */
  readonly imageValues: number;
  readonly imageInput: "pixels" | "global";
}

/**
 * Runs a batch. Each image weighs 1/n, so the sum over micro-batches is the batch's mean; places without an image weigh
 * nothing; the text terms count in the first micro-batch alone. Throws NUMERIC naming the first term that is not finite.
 */
export async function runStep(
  session: Session,
  prompts: Prompts,
  batch: TrainingBatch,
  options: StepOptions,
): Promise<StepResult> {
  const losses: Record<string, number> = {};
  const sums: Record<string, Float64Array> = {};
  const learned = Object.fromEntries(Object.entries(prompts).map(([name, { data }]) => [name, data]));
  for (let start = 0; start < batch.size; start += options.microBatch) {
    const results = await session.run({ ...learned, ...microFeeds(batch, start, options) });
    for (const [name, values] of Object.entries(results)) {
      if (name.startsWith("L_")) losses[name] = (losses[name] ?? 0) + Number(values[0]);
    }
    for (const [name, { data }] of Object.entries(prompts)) {
      sums[name] ??= new Float64Array(data.length);
      accumulate(sums[name], results[gradientName(name)]);
    }
  }
  const gradients = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, Float32Array.from(sum)]));
  checkFinite(losses, gradients);
  return { losses, gradients };
}

function microFeeds(batch: TrainingBatch, start: number, options: StepOptions): Feeds {
  const { microBatch, classes, imageValues, imageInput } = options;
  const count = Math.min(microBatch, batch.size - start);
  return {
    [imageInput]: window(batch.images, start, count, microBatch, imageValues),
    target: window(batch.target, start, count, microBatch, classes),
    weight: Float32Array.from({ length: microBatch }, (_, i) => (i < count ? 1 / batch.size : 0)),
    labels: BigInt64Array.from({ length: microBatch }, (_, i) => BigInt(i < count ? batch.labels[start + i] : 0)),
    textShare: Float32Array.of(start === 0 ? 1 : 0),
  };
}

/** Rows start … start+count of an array of rows, with zeros up to `rows`; a view where nothing is missing. */
function window(values: Float32Array, start: number, count: number, rows: number, width: number): Float32Array {
  const view = values.subarray(start * width, (start + count) * width);
  if (count === rows) return view;
  const padded = new Float32Array(rows * width);
  padded.set(view);
  return padded;
}

function accumulate(sum: Float64Array, values: Feeds[string]): void {
  for (let i = 0; i < sum.length; i++) sum[i] += Number(values[i]);
}

function checkFinite(losses: Readonly<Record<string, number>>, gradients: Gradients): void {
  const badLoss = Object.keys(losses).find((name) => !Number.isFinite(losses[name]));
  if (badLoss !== undefined)
    throw new MpaError("NUMERIC", `${badLoss} became ${losses[badLoss]}`, undefined, "lower --lr");
  const badGradient = Object.keys(gradients).find((name) => gradients[name].some((value) => !Number.isFinite(value)));
  if (badGradient !== undefined) {
    throw new MpaError("NUMERIC", `the gradient of ${badGradient} is not finite`, undefined, "lower --lr");
  }
}
