/** Inference sessions: classification, text features, and runs in micro-batches. */

import type { Backbone } from "../clip/backbone.ts";
import type { Clip } from "../clip/clip.ts";
import type { ImageForm } from "../clip/pictureRows.ts";
import type { TokenTable } from "../clip/textTower.ts";
import { symbolicBatch } from "../graph/freeBatch.ts";
import { toOnnx } from "../graph/onnx.ts";
import type { NodeCounts } from "../graph/runtime/failures.ts";
import {
  choosePoolSize,
  type Feeds,
  nodesByProvider,
  type Results,
  type Session,
  single,
} from "../graph/runtime/session.ts";
import { isProcessor, targetOf } from "../graph/target.ts";
import type { Shape, TensorData } from "../graph/tensor.ts";
import { inOrder } from "../platform/async.ts";
import { Lifetime } from "../platform/lifetime.ts";
import { type ClassifierOptions, classifierGraph, hardPromptGraph, type Outputs, softPromptGraph } from "./graphs.ts";
import { type ImageInput, imageInput } from "./imageInput.ts";

/** Runtime settings of a session. */
export interface RuntimeOptions {
  readonly threads: number;
  readonly provider: string;
  /** @internal see `SessionOptions`; chosen from the batch by default */
  readonly poolSize?: number;
  /** @internal see `SessionOptions` */
  readonly profilePrefix?: string;
  /** @internal see `SessionOptions` */
  readonly countsNodes?: boolean;
}

/** A classifier of up to `batch` images a call: pixels [n,3,S,S], rows of pictures [n,L] or features [n,E] to probabilities [n,C]. */
export interface Classifier {
  readonly batch: number;
  /** @internal how images are given; pixels where it takes features */
  readonly form: ImageForm;
  /** Throws USAGE after `dispose`. */
  classify(images: Float32Array, n: number, prompts?: Feeds): Promise<Float32Array>;
  /** @internal node counts by provider, after the first run of a session opened with `countsNodes` */
  nodes?(): NodeCounts | undefined;
  /** Frees the session after running calls have finished. Further calls do nothing. */
  dispose(): Promise<void>;
}

/** Opens a classifier, by default of pixels. Throws RUNTIME if the session cannot be opened. */
export async function openClassifier(
  backbone: Backbone,
  options: ClassifierOptions,
  runtime: RuntimeOptions,
  images: ImageInput = imageInput(backbone, "pixels"),
): Promise<Classifier> {
  const { clip } = backbone;
  const isPixels = options.kind !== "features";
  const reads = options.kind === "constants" && options.inference?.flip ? 2 : 1;
  const size = isPixels ? runSize(clip, runtime.provider, options.batch, reads) : options.batch;
  const poolSize = choosePoolSize(runtime, Math.ceil(options.batch / size));
  const isFree = isPixels && canFreeBatch(clip) && isProcessor(runtime.provider);
  const built = isFree ? symbolicBatch : size;
  const outputs = classifierGraph(clip, { ...options, batch: built }, images.pixels(built));
  const session = await openGraph(backbone, outputs, { ...runtime, poolSize }, isFree ? symbolicBatch : undefined);
  const image = isPixels ? images.form : "global";
  const values = isPixels ? images.values : clip.config.jointWidth;
  const lifetime = new Lifetime("the classifier", () => session.dispose());
  return {
    batch: options.batch,
    form: images.form,
    classify: (rows, n, prompts = {}) =>
      lifetime.use(async () => {
        const probabilities = new Float32Array(n * options.classes);
        const shape = isFree ? images.shape : undefined;
        const pass = { session, input: image, feeds: prompts, size, values, shape };
        for await (const { start, count, results } of runMicroBatches(rows, n, pass)) {
          const own = single(results.probabilities).subarray(0, count * options.classes);
          probabilities.set(own, start * options.classes);
        }
        return probabilities;
      }),
    nodes: () => nodesByProvider([session.placement?.()]),
    dispose: () => lifetime.dispose(),
  };
}

/** An encoder of soft prompts into class text features. */
export interface SoftPromptEncoder {
  /** Returns θ [C,E] for a context [C,M,T] or [M,T]. */
  encode(context: TensorData): Promise<TensorData>;
  dispose(): Promise<void>;
}

/** Opens an encoder of soft prompts, to be reused for every validation and checkpoint; `like` has the context's shape. */
export async function openSoftPromptEncoder(
  backbone: Backbone,
  tokens: TokenTable,
  like: TensorData,
  runtime: RuntimeOptions,
): Promise<SoftPromptEncoder> {
  const session = await openGraph(backbone, softPromptGraph(backbone.clip, tokens, like.shape), runtime);
  return {
    encode: async (context) => {
      const { theta } = await session.run({ "text.context": context.data });
      return { shape: [tokens.ids.length, backbone.clip.config.jointWidth], data: single(theta) };
    },
    dispose: () => session.dispose(),
  };
}

/** Text features of the hard prompts. */
export interface HardPromptFeatures {
  /** θ(t*): [C, E] */
  readonly prompt: TensorData;
  /** e(t*): [C, T] */
  readonly token: TensorData;
}

/** Computes the text features of the hard prompts. They are constant during training. */
export async function encodeHardPrompts(
  backbone: Backbone,
  tokens: TokenTable,
  runtime: RuntimeOptions,
): Promise<HardPromptFeatures> {
  const outputs = hardPromptGraph(backbone.clip, tokens);
  const session = await openGraph(backbone, outputs, runtime);
  try {
    const results = await session.run({});
    const values = (name: string): TensorData => ({ shape: outputs[name].shape, data: single(results[name]) });
    return { prompt: values("prompt"), token: values("token") };
  } finally {
    await session.dispose();
  }
}

/** Settings for running a session over many images. */
export interface MicroBatchRun {
  readonly session: Session;
  /** name of the image input */
  readonly input: string;
  /** the other inputs, constant over all runs */
  readonly feeds?: Feeds;
  /** images per run */
  readonly size: number;
  /** values per image */
  readonly values: number;
  /** shape of an image where the session's batch is free: as many images are run as there are; absent for a fixed batch of `size` */
  readonly shape?: Shape | undefined;
}

/** Runs `n` images in micro-batches and yields the results in order, each for `count` images from index `start`. */
export async function* runMicroBatches(
  images: Float32Array,
  n: number,
  { session, input, feeds, size, values, shape }: MicroBatchRun,
): AsyncGenerator<{ readonly start: number; readonly count: number; readonly results: Results }> {
  const starts = Array.from({ length: Math.ceil(n / size) }, (_, i) => i * size);
  const run = async (start: number) => {
    const count = Math.min(size, n - start);
    const own = images.subarray(start * values, (start + count) * values);
    const results = shape
      ? await session.run({ ...feeds, [input]: own }, { [input]: [count, ...shape] })
      : await session.run({ ...feeds, [input]: padRows(own, size * values) });
    return { start, count, results };
  };
  // A single run has no order to keep.
  if (starts.length === 1) yield await run(0);
  else yield* inOrder(starts, session.concurrency, run);
}

/**
 * The number of images per run of a batch. On a processor it is the number whose widest image-encoder activation fits in the caches, at
 * least 1, because several small runs are faster there than a large one; a graphics device takes the whole batch in one run. Where the
 * graph reads each image several times, `reads` says how often.
 */
export function runSize({ config: { vision } }: Clip, provider: string, batch: number, reads = 1): number {
  if (!isProcessor(provider)) return batch;
  const bytesAnImage = 4 * reads * vision.mlpWidth * (1 + vision.grid ** 2);
  return Math.min(batch, Math.max(1, Math.floor(widestBytes / bytesAnImage)));
}

/**
 * Whether an encoder's graph is the same for every batch; Strassen's scheme halves even ones. Sizes that are computed in a run would be
 * nodes on the processor, so graphs for other providers have a fixed batch.
 */
const canFreeBatch = ({ arithmetic, config }: Clip): boolean =>
  arithmetic.vision.gridSize(2, config.vision.heads) === 1;

/**
 * Opens a session for a graph that uses the backbone's weights, written for the provider. With `freeBatch`, the batch that the graph
 * was built for, every run may have another one.
 *
 * @internal
 */
export const openGraph = (
  backbone: Backbone,
  outputs: Outputs,
  { threads, provider, poolSize, profilePrefix, countsNodes }: RuntimeOptions,
  freeBatch?: number,
): Promise<Session> =>
  backbone.open(toOnnx(backbone.rewrite?.(outputs) ?? outputs, {}, { target: targetOf(provider), freeBatch }), {
    ...{ threads, provider, poolSize, profilePrefix, countsNodes },
  });

/**
 * Maximum bytes of the widest activation, the MLP's [images·tokens, 4V]. A few tensors of this size for each of two parallel
 * sessions about fill a processor's caches (`parts` in docs/records/performance-properties.json).
 */
const widestBytes = 5e6;

/** Pads the values with zeros up to `length`, because a graph's batch size is fixed and the last micro-batch may be smaller. */
export function padRows(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}
