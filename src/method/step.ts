/** A training step: loss terms and gradients of one batch, computed in one run or accumulated over micro-batches. */

import type { ImageForm } from "../clip/pictureRows.ts";
import type { Feeds, Results, Session } from "../graph/runtime/session.ts";
import { inOrder } from "../platform/async.ts";
import { MpaError } from "../platform/errors.ts";
import { padRows } from "./classifier.ts";
import { classScaleName, gradientName, lossScaleName, mixedNames, thetaName } from "./graphs.ts";
import { type LossOptions, totalOf } from "./losses.ts";
import type { Gradients } from "./optimiser.ts";
import type { Prompts } from "./prompts.ts";

/** A batch of n images. Arrays may be longer than n images if the loader reuses its buffers. */
export interface TrainingBatch {
  readonly size: number;
  /** pixels [n,3,S,S], rows of pictures [n,L] or features [n,E], row-major */
  readonly images: Float32Array;
  /** [n, C] */
  readonly target: Float32Array;
  readonly labels: readonly number[];
  /** with mixup: the partners' classes, and the images' own share in the blend */
  readonly mixed?: { readonly labels: readonly number[]; readonly share: number };
}

/** Losses and gradients of a step. */
export interface StepResult {
  /** loss terms by name (docs/method.md, Losses) */
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Gradients;
  /** images in the batch */
  readonly images: number;
  /** whether a gradient overflowed half precision, at this loss scale: the step must not change the prompts */
  readonly hasOverflowed?: true;
}

/** Sessions of a step: one for the whole batch, or three for micro-batches. */
export type StepSessions = { readonly whole: Session } | MicroBatchSessions;

/** Sessions of a step in micro-batches (`textGraphs` and `imageGraph` of `graphs.ts`). */
export interface MicroBatchSessions {
  /** text forward pass, once per batch: θ and the text loss terms */
  readonly texts: Session;
  /** image forward and backward pass of one micro-batch */
  readonly images: Session;
  /** text backward pass, once per batch: from the gradient of θ to that of the context */
  readonly textsBack: Session;
}

/** A source of batches, and the gradient computation for one batch. */
export interface Steps<Batch extends object> {
  /** Batches of an epoch, starting at batch number `from`; `undefined` stands for a batch without a readable image. */
  batches(epoch: number, from: number): AsyncIterable<Batch | undefined> | Iterable<Batch | undefined>;
  /** Loss terms and gradients, at this loss scale in half precision; `undefined` if the batch has no readable image. */
  step(prompts: Prompts, batch: Batch, lossScale?: number): Promise<StepResult | undefined>;
}

/** Options of a step. */
export interface StepOptions {
  /** images per run */
  readonly microBatch: number;
  readonly classes: number;
  /** values per image */
  readonly imageValues: number;
  /** name of the image input: that of a form of images, or "global" for features */
  readonly imageInput: ImageForm | "global";
  readonly losses: LossOptions;
  /** factor of the loss's gradient, for graphs in half precision (`lossScale.ts`) */
  readonly lossScale?: number | undefined;
}

/** Computes losses and gradients of a batch. Images have weight 1/n, so micro-batches sum to the batch mean. Throws NUMERIC if a result is not finite, unless a loss scale explains it. */
export async function runStep(
  sessions: StepSessions,
  prompts: Prompts,
  batch: TrainingBatch,
  options: StepOptions,
): Promise<StepResult> {
  const ofBatch = batchFeeds(batch.target, batch.size, options.losses);
  if ("whole" in sessions) {
    const feeds = { ...valuesOf(prompts), ...scaleFeed(options), ...ofBatch };
    const sums = await sumOf(runMicroBatches(sessions.whole, feeds, batch, options));
    return resultOf(sums, prompts, batch.size, options);
  }
  const texts = await runTexts(sessions, prompts);
  const feeds = { ...imageFeeds(texts, prompts, options), ...ofBatch };
  const microBatches = runMicroBatches(sessions.images, feeds, batch, options);
  return finishStep(sessions, prompts, { texts, microBatches, images: batch.size }, options);
}

/** Runs the text forward pass: θ, the text loss terms, and the tensors required by the backward pass. */
export const runTexts = ({ texts }: Pick<MicroBatchSessions, "texts">, prompts: Prompts): Promise<Results> =>
  texts.run(valuesOf(prompts));

/** Inputs that all micro-batches share: the visual prompts, θ, and the loss scale if there is one. */
export function imageFeeds(texts: Results, prompts: Prompts, options: Pick<StepOptions, "lossScale">): Feeds {
  const { "text.context": _, ...visual } = valuesOf(prompts);
  return { ...visual, [thetaName]: texts[thetaName], ...scaleFeed(options) };
}

/** Inputs that depend on all targets [n, C] of a batch: with class weights, n / Σ_b Σ_c w_c · target[b,c]. */
export function batchFeeds(target: Float32Array, images: number, { classWeights }: LossOptions): Feeds {
  if (classWeights === undefined) return {};
  const total = target.reduce((sum, share, i) => sum + share * classWeights[i % classWeights.length], 0);
  return { [classScaleName]: Float32Array.of(images / total) };
}

const scaleFeed = ({ lossScale }: Pick<StepOptions, "lossScale">): Feeds =>
  lossScale === undefined ? {} : { [lossScaleName]: Float32Array.of(lossScale) };

/** Inputs of one micro-batch from a batch of `total` images, padded with zeros of weight 0. */
export function microBatchFeeds(images: TrainingBatch, total: number, options: StepOptions): Feeds {
  const { microBatch, classes, imageValues, imageInput } = options;
  const { size, target, labels, mixed } = images;
  const classesOf = (own: readonly number[]) =>
    BigInt64Array.from({ length: microBatch }, (_, i) => BigInt(i < size ? own[i] : 0));
  return {
    [imageInput]: padRows(images.images, microBatch * imageValues),
    target: padRows(target, microBatch * classes),
    weight: Float32Array.from({ length: microBatch }, (_, i) => (i < size ? 1 / total : 0)),
    labels: classesOf(labels),
    ...(mixed && { [mixedNames.labels]: classesOf(mixed.labels), [mixedNames.share]: Float32Array.of(mixed.share) }),
  };
}

/** Results of a batch before the text backward pass. */
export interface ForwardResults {
  /** results of `runTexts` */
  readonly texts: Results;
  /** in batch order, which determines the rounding of the sum */
  readonly microBatches: Iterable<Results> | AsyncIterable<Results>;
  /** images in the batch; see `StepResult` */
  readonly images: number;
}

/** Sums the micro-batches and runs the text backward pass with the gradient of θ. Throws NUMERIC as `runStep`. */
export async function finishStep(
  { textsBack }: Pick<MicroBatchSessions, "textsBack">,
  prompts: Prompts,
  { texts, microBatches, images }: ForwardResults,
  options: Pick<StepOptions, "losses" | "lossScale">,
): Promise<StepResult> {
  const sums = await sumOf(microBatches);
  const reached = gradientName(thetaName);
  const ofTheta = Float32Array.from(sums.gradients[reached]);
  const back = { ...valuesOf(prompts), ...texts, [reached]: ofTheta, ...scaleFeed(options) };
  addTo(sums, termsOf(texts));
  addTo(sums, await textsBack.run(back));
  return resultOf(sums, prompts, images, options);
}

/** Runs the micro-batches of a batch, with as many in parallel as the session supports. */
async function* runMicroBatches(
  session: Session,
  feeds: Feeds,
  batch: TrainingBatch,
  options: StepOptions,
): AsyncGenerator<Results> {
  const { microBatch } = options;
  const starts = Array.from({ length: Math.ceil(batch.size / microBatch) }, (_, i) => i * microBatch);
  const run = (start: number) =>
    session.run({ ...feeds, ...microBatchFeeds(microBatchAt(batch, start, options), batch.size, options) });
  // A single run has no order to keep.
  if (starts.length === 1) yield await run(0);
  else yield* inOrder(starts, session.concurrency, run);
}

/** Views of up to `microBatch` images of the batch, from `start`. */
function microBatchAt(
  { size, images, target, labels, mixed }: TrainingBatch,
  start: number,
  { microBatch, classes, imageValues }: StepOptions,
): TrainingBatch {
  const end = Math.min(size, start + microBatch);
  return {
    size: end - start,
    images: images.subarray(start * imageValues, end * imageValues),
    target: target.subarray(start * classes, end * classes),
    labels: labels.slice(start, end),
    ...(mixed && { mixed: { ...mixed, labels: mixed.labels.slice(start, end) } }),
  };
}

const valuesOf = (prompts: Prompts): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(prompts).map(([name, { data }]) => [name, data]));

/** Sums of loss terms and gradients in double precision; the summation order determines the rounding. */
interface Sums {
  readonly terms: Record<string, number>;
  /** by output name */
  readonly gradients: Record<string, Float64Array>;
}

async function sumOf(all: Iterable<Results> | AsyncIterable<Results>): Promise<Sums> {
  const sums: Sums = { terms: {}, gradients: {} };
  for await (const results of all) addTo(sums, results);
  return sums;
}

function addTo({ terms, gradients }: Sums, results: Results): void {
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

const isTerm = (name: string): boolean => name.startsWith("L_");

const termsOf = (results: Results): Results =>
  Object.fromEntries(Object.entries(results).filter(([name]) => isTerm(name)));

/** L_total from the terms, and the gradients of the prompts. */
function resultOf(
  { terms, gradients }: Sums,
  prompts: Prompts,
  images: number,
  options: Pick<StepOptions, "losses" | "lossScale">,
): StepResult {
  const losses: StepResult["losses"] = { ...terms, L_total: totalOf(terms, options.losses) };
  const ofPrompts: Gradients = Object.fromEntries(
    Object.keys(prompts).map((name) => [name, Float32Array.from(gradients[gradientName(name)])]),
  );
  const term = Object.keys(losses).find((name) => !Number.isFinite(losses[name]));
  const isScaled = options.lossScale !== undefined;
  // A loss is not scaled: no other scale would help.
  if (term !== undefined) throw notFinite(`${term} became ${losses[term]}`, isScaled);
  const tensor = Object.keys(ofPrompts).find((name) => !ofPrompts[name].every(Number.isFinite));
  if (tensor !== undefined && !isScaled) throw notFinite(`the gradient of ${tensor} is not finite`);
  return { losses, gradients: ofPrompts, images, ...(tensor !== undefined && { hasOverflowed: true }) };
}

const notFinite = (what: string, isHalf = false) =>
  new MpaError("NUMERIC", what, { fix: isHalf ? "lower --lr, or use --precision fp32" : "lower --lr" });
