/** Loss terms and gradients of one batch, run at once or in parts, with the same gradient. */
import { MpaError } from "../errors.ts";
import { type LossOptions, totalOf } from "../losses/total.ts";
import type { Prompts } from "../model/prompts.ts";
import type { Feeds, Results, Session } from "../runtime/session.ts";
import type { Gradients } from "./sgd.ts";
import { gradientName, thetaName } from "./trainingGraph.ts";

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

/** The sessions of a step: one for a batch that runs at once, three for one that runs in parts (`trainingGraph.ts`). */
export type StepSessions =
  | { readonly whole: Session }
  | { readonly theta: Session; readonly images: Session; readonly text: Session };

export interface StepOptions {
  /** images a run takes */
  readonly microBatch: number;
  readonly classes: number;
  /** values an image */
  readonly imageValues: number;
  readonly imageInput: "pixels" | "global";
  readonly losses: LossOptions;
}

/**
 * Runs a batch. Each image weighs 1/n, so the sum over the parts is the batch's mean; places without an image weigh nothing.
 * Throws NUMERIC naming the first term that is not finite.
 */
export async function runStep(
  sessions: StepSessions,
  prompts: Prompts,
  batch: TrainingBatch,
  options: StepOptions,
): Promise<StepResult> {
  const learned = Object.fromEntries(Object.entries(prompts).map(([name, { data }]) => [name, data]));
  const { terms, gradients } =
    "whole" in sessions
      ? await inParts(sessions.whole, learned, batch, options)
      : await withTexts(sessions, learned, batch, options);
  const losses = { ...terms, L_total: totalOf(terms, options.losses) };
  const ofPrompts = Object.fromEntries(
    Object.keys(prompts).map((name) => [name, Float32Array.from(gradients[gradientName(name)])]),
  );
  checkFinite(losses, ofPrompts);
  return { losses, gradients: ofPrompts };
}

interface Sums {
  readonly terms: Record<string, number>;
  /** by the name of the output */
  readonly gradients: Record<string, Float64Array>;
}

/** θ, then the images part by part, then the texts with the gradient that reached θ. */
async function withTexts(
  { theta, images, text }: Exclude<StepSessions, { readonly whole: Session }>,
  { "text.context": context, ...visual }: Feeds,
  batch: TrainingBatch,
  options: StepOptions,
): Promise<Sums> {
  const encoded = await theta.run({ "text.context": context });
  const sums = await inParts(images, { ...visual, [thetaName]: encoded.theta }, batch, options);
  const reached = gradientName(thetaName);
  collect(sums, await text.run({ "text.context": context, [reached]: Float32Array.from(sums.gradients[reached]) }));
  return sums;
}

async function inParts(session: Session, feeds: Feeds, batch: TrainingBatch, options: StepOptions): Promise<Sums> {
  const sums: Sums = { terms: {}, gradients: {} };
  for (let start = 0; start < batch.size; start += options.microBatch) {
    collect(sums, await session.run({ ...feeds, ...microFeeds(batch, start, options) }));
  }
  return sums;
}

function collect({ terms, gradients }: Sums, results: Results): void {
  for (const [name, values] of Object.entries(results)) {
    if (name.startsWith("L_")) {
      terms[name] = (terms[name] ?? 0) + Number(values[0]);
      continue;
    }
    gradients[name] ??= new Float64Array(values.length);
    const sum = gradients[name];
    for (let i = 0; i < sum.length; i++) sum[i] += Number(values[i]);
  }
}

function microFeeds(batch: TrainingBatch, start: number, options: StepOptions): Feeds {
  const { microBatch, classes, imageValues, imageInput } = options;
  const count = Math.min(microBatch, batch.size - start);
  return {
    [imageInput]: window(batch.images, start, count, microBatch, imageValues),
    target: window(batch.target, start, count, microBatch, classes),
    weight: Float32Array.from({ length: microBatch }, (_, i) => (i < count ? 1 / batch.size : 0)),
    labels: BigInt64Array.from({ length: microBatch }, (_, i) => BigInt(i < count ? batch.labels[start + i] : 0)),
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

function checkFinite(losses: Readonly<Record<string, number>>, gradients: Gradients): void {
  const badLoss = Object.keys(losses).find((name) => !Number.isFinite(losses[name]));
  if (badLoss !== undefined)
    throw new MpaError("NUMERIC", `${badLoss} became ${losses[badLoss]}`, undefined, "lower --lr");
  const badGradient = Object.keys(gradients).find((name) => gradients[name].some((value) => !Number.isFinite(value)));
  if (badGradient !== undefined) {
    throw new MpaError("NUMERIC", `the gradient of ${badGradient} is not finite`, undefined, "lower --lr");
  }
}
