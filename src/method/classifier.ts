/** Sessions that classify: images and prompts in, probabilities out. */

import type { Backbone } from "../clip/backbone.ts";
import type { Clip } from "../clip/clip.ts";
import type { TokenTable } from "../clip/textTower.ts";
import { toOnnx } from "../graph/onnx.ts";
import { choosePoolSize, type Feeds, type Results, type Session } from "../graph/runtime/session.ts";
import type { TensorData } from "../graph/tensor.ts";
import { inOrder } from "../platform/async.ts";
import { Lifetime } from "../platform/lifetime.ts";
import { type ClassifierOptions, classifierGraph, hardPromptGraph, type Outputs, softPromptGraph } from "./graphs.ts";

/* How many images a run takes at most. */

/**
 * Of the widest activation, the MLP's [images·tokens, 4V]: with a handful of such tensors for each of two sessions side by side,
 * about what a processor's caches hold (`parts` in docs/records/performance-properties.json).
 */
const widestBytes = 5e6;

/** Images whose widest activation in the image tower stays in caches, at least 1. */
export function cacheSizedBatch({ config: { vision } }: Clip): number {
  const bytesAnImage = 4 * vision.mlpWidth * (1 + vision.grid ** 2);
  return Math.max(1, Math.floor(widestBytes / bytesAnImage));
}

/* Many images through a session that takes a few a run. */

/** How images go through a session. */
export interface MicroBatchRun {
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
export function runMicroBatches(
  images: Float32Array,
  n: number,
  { session, input, feeds, size, values }: MicroBatchRun,
) {
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

export interface RuntimeOptions {
  readonly threads: number;
  readonly provider: string;
  /** as of `SessionOptions`; without it what suits the batch */
  readonly poolSize?: number;
  readonly profilePrefix?: string;
}

/** Gives [n, C] probabilities of n images' pixels [n,3,S,S] or features [n,E], at most `batch` of them. */
export interface Classifier {
  readonly batch: number;
  /** Throws USAGE after `dispose`. */
  classify(images: Float32Array, n: number, prompts?: Feeds): Promise<Float32Array>;
  /** Frees what the runtime holds, after what is under way; a second call does nothing. */
  dispose(): Promise<void>;
}

export async function openClassifier(
  backbone: Backbone,
  options: ClassifierOptions,
  runtime: RuntimeOptions,
): Promise<Classifier> {
  const { clip } = backbone;
  const isPixels = options.kind !== "features";
  // Smaller runs than the batch where they are faster.
  const size = isPixels ? Math.min(options.batch, cacheSizedBatch(clip)) : options.batch;
  const poolSize = choosePoolSize(runtime, Math.ceil(options.batch / size));
  const session = await openGraph(backbone, classifierGraph(clip, { ...options, batch: size }), {
    ...runtime,
    poolSize,
  });
  const image = isPixels ? "pixels" : "global";
  const values = isPixels ? 3 * clip.config.vision.imageSize ** 2 : clip.config.jointWidth;
  const lifetime = new Lifetime("the classifier", () => session.dispose());
  return {
    batch: options.batch,
    classify: (images, n, prompts = {}) =>
      lifetime.use(async () => {
        const rows = new Float32Array(n * options.classes);
        const pass = { session, input: image, feeds: prompts, size, values };
        for await (const { start, count, results } of runMicroBatches(images, n, pass)) {
          rows.set(single(results.probabilities).subarray(0, count * options.classes), start * options.classes);
        }
        return rows;
      }),
    dispose: () => lifetime.dispose(),
  };
}

export interface SoftPromptEncoder {
  /** θ [C,E] of soft prompts with this context */
  encode(context: TensorData): Promise<TensorData>;
  dispose(): Promise<void>;
}

/** θ of soft prompts as often as wanted: once for each validation and each checkpoint. */
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

export interface HardPromptFeatures {
  /** θ(t*): [C, E] */
  readonly prompt: TensorData;
  /** e(t*): [C, T] */
  readonly token: TensorData;
}

/** Features of the hard prompts, which never change. */
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

/** A session of a graph over the backbone's weights. */
export const openGraph = (
  backbone: Backbone,
  outputs: Outputs,
  { threads, provider, poolSize, profilePrefix }: RuntimeOptions,
): Promise<Session> => backbone.open(toOnnx(outputs), { threads, provider, poolSize, profilePrefix });

const single = (values: Results[string]): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values, Number);
