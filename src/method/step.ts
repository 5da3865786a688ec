/** Loss terms and gradients of one batch, run at once or in parts, with the same gradient. */

import type { Feeds, Results, Session } from "../graph/runtime/session.ts";
import { inOrder } from "../platform/async.ts";
import { MpaError } from "../platform/errors.ts";
import { gradientName, thetaName } from "./graphs.ts";
import { type LossOptions, totalOf } from "./losses.ts";
import type { Gradients } from "./optimiser.ts";
import type { Prompts } from "./prompts.ts";

/* What the runs of a step come to: terms and gradients are summed in the order in which they are given, which decides the bits. */

export interface StepResult {
  /** each term by its name in docs/method.md */
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Gradients;
  /** that the batch had */
  readonly images: number;
}

export interface Sums {
  readonly terms: Record<string, number>;
  /** by the name of the output */
  readonly gradients: Record<string, Float64Array>;
}

/** Of all the runs. */
export async function sumOf(parts: Iterable<Results> | AsyncIterable<Results>): Promise<Sums> {
  const sums: Sums = { terms: {}, gradients: {} };
  for await (const results of parts) collect(sums, results);
  return sums;
}

const isTerm = (name: string): boolean => name.startsWith("L_");

/** The loss terms among the results of a run. */
export const termsOf = (results: Results): Results =>
  Object.fromEntries(Object.entries(results).filter(([name]) => isTerm(name)));

/** Throws NUMERIC naming the first term that is not finite. */
export function resultOf(
  { terms, gradients }: Sums,
  prompts: Prompts,
  images: number,
  options: LossOptions,
): StepResult {
  const losses = { ...terms, L_total: totalOf(terms, options) };
  const ofPrompts = Object.fromEntries(
    Object.keys(prompts).map((name) => [name, Float32Array.from(gradients[gradientName(name)])]),
  );
  checkFinite(losses, ofPrompts);
  return { losses, gradients: ofPrompts, images };
}

/** Adds the results of one more run. */
export function collect({ terms, gradients }: Sums, results: Results): void {
  for (const [name, values] of Object.entries(results)) {
    if (isTerm(name)) {
      terms[name] = (terms[name] ?? 0) + Number(values[0]);
      continue;
    }
    gradients[name] ??= new Float64Array(values.length);
    const sum = gradients[name];
    for (let i = 0; i < sum.length; i++) sum[i] += Number(values[i]);
  }
}

function checkFinite(losses: Readonly<Record<string, number>>, gradients: Gradients): void {
  const badLoss = Object.keys(losses).find((name) => !Number.isFinite(losses[name]));
  if (badLoss !== undefined)
    throw new MpaError("NUMERIC", `${badLoss} became ${losses[badLoss]}`, { fix: "lower --lr" });
  const badGradient = Object.keys(gradients).find((name) => gradients[name].some((value) => !Number.isFinite(value)));
  if (badGradient !== undefined) {
    throw new MpaError("NUMERIC", `the gradient of ${badGradient} is not finite`, { fix: "lower --lr" });
  }
}

/** A batch of n images; arrays may be longer than n images where a loader reuses them. */
export interface TrainingBatch {
  readonly size: number;
  /** pixels [n,3,S,S] or features [n,E], row-major */
  readonly images: Float32Array;
  /** [n, C] */
  readonly target: Float32Array;
  readonly labels: readonly number[];
}

/** The sessions of a batch that runs in parts (`trainingGraph.ts`). */
export interface MicroBatchSessions {
  /** forwards: θ and the texts' terms */
  readonly texts: Session;
  readonly images: Session;
  /** backwards, from the gradient of θ to the context's */
  readonly textsBack: Session;
}

/** The sessions of a step: one for a batch that runs at once, three in turn for one that runs in parts. */
export type StepSessions = { readonly whole: Session } | MicroBatchSessions;

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
  if ("whole" in sessions) {
    const sums = await sumOf(runParts(sessions.whole, valuesOf(prompts), batch, options));
    return resultOf(sums, prompts, batch.size, options.losses);
  }
  const texts = await runTexts(sessions, prompts);
  const parts = runParts(sessions.images, imageFeeds(texts, prompts), batch, options);
  return finishStep(sessions, prompts, { texts, parts, images: batch.size }, options.losses);
}

/** The texts on the way to the images, once a batch: θ, their terms, and what the way back takes. */
export const runTexts = ({ texts }: Pick<MicroBatchSessions, "texts">, prompts: Prompts): Promise<Results> =>
  texts.run(valuesOf(prompts));

/** What the graph of images takes beside images: the visual prompts and θ. */
export function imageFeeds(texts: Results, prompts: Prompts): Feeds {
  const { "text.context": _, ...visual } = valuesOf(prompts);
  return { ...visual, [thetaName]: texts[thetaName] };
}

/** What the texts and the parts of a batch came to. */
export interface FinishedParts {
  /** of `runTexts` */
  readonly texts: Results;
  /** in the order of the batch, which decides the bits of their sum */
  readonly parts: Iterable<Results> | AsyncIterable<Results>;
  /** of the batch */
  readonly images: number;
}

/** Sums the parts, then goes back through the texts with the gradient that reached θ. Throws NUMERIC. */
export async function finishStep(
  { textsBack }: Pick<MicroBatchSessions, "textsBack">,
  prompts: Prompts,
  { texts, parts, images }: FinishedParts,
  losses: LossOptions,
): Promise<StepResult> {
  const sums = await sumOf(parts);
  const reached = gradientName(thetaName);
  const back = { ...valuesOf(prompts), ...texts, [reached]: Float32Array.from(sums.gradients[reached]) };
  collect(sums, termsOf(texts));
  collect(sums, await textsBack.run(back));
  return resultOf(sums, prompts, images, losses);
}

const valuesOf = (prompts: Prompts): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(prompts).map(([name, { data }]) => [name, data]));

function runParts(session: Session, feeds: Feeds, batch: TrainingBatch, options: StepOptions): AsyncIterable<Results> {
  const { microBatch } = options;
  const starts = Array.from({ length: Math.ceil(batch.size / microBatch) }, (_, part) => part * microBatch);
  return inOrder(starts, session.concurrency, (start) =>
    session.run({ ...feeds, ...microBatchFeeds(partOf(batch, start, options), batch.size, options) }),
  );
}

/** At most `microBatch` images of a batch, as views. */
function partOf(batch: TrainingBatch, start: number, { microBatch, classes, imageValues }: StepOptions): TrainingBatch {
  const size = Math.min(microBatch, batch.size - start);
  const rows = (values: Float32Array, width: number) => values.subarray(start * width, (start + size) * width);
  const { images, target, labels } = batch;
  return {
    size,
    images: rows(images, imageValues),
    target: rows(target, classes),
    labels: labels.slice(start, start + size),
  };
}

/** What the graph takes of a part of a batch of `total` images; places without an image hold zeros and weigh nothing. */
export function microBatchFeeds(part: TrainingBatch, total: number, options: StepOptions): Feeds {
  const { microBatch, classes, imageValues, imageInput } = options;
  const { size, images, target, labels } = part;
  return {
    [imageInput]: padded(images, microBatch * imageValues),
    target: padded(target, microBatch * classes),
    weight: Float32Array.from({ length: microBatch }, (_, i) => (i < size ? 1 / total : 0)),
    labels: BigInt64Array.from({ length: microBatch }, (_, i) => BigInt(i < size ? labels[i] : 0)),
  };
}

/** Zeros behind the values up to `length`; the values themselves where nothing is missing. */
function padded(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const all = new Float32Array(length);
  all.set(values);
  return all;
}
