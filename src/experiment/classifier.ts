/** Sessions that classify: images and prompts in, probabilities out. */
import { toOnnx } from "../graph/onnx.ts";
import type { TensorData } from "../graph/tensor.ts";
import type { Backbone } from "../model/backbone.ts";
import { imagesInCache } from "../model/cacheFit.ts";
import {
  type ClassifierOptions,
  classifierGraph,
  hardPromptGraph,
  type Outputs,
  softPromptGraph,
} from "../model/graphs.ts";
import type { TokenTable } from "../model/tokens.ts";
import type { Feeds, Results, Session } from "../runtime/session.ts";
import { strandCount } from "../runtime/strandCount.ts";
import { runInParts } from "./runInParts.ts";

export interface RuntimeOptions {
  readonly threads: number;
  readonly provider: string;
  /** as of `SessionOptions`; without it what suits the batch */
  readonly strands?: number;
  readonly profilePrefix?: string;
}

/** Gives [n, C] probabilities of n images' pixels [n,3,S,S] or features [n,E], at most `batch` of them. */
export interface Classifier {
  readonly batch: number;
  classify(images: Float32Array, n: number, prompts?: Feeds): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function openClassifier(
  backbone: Backbone,
  options: ClassifierOptions,
  runtime: RuntimeOptions,
): Promise<Classifier> {
  const { clip } = backbone;
  const isPixels = options.source !== "features";
  // Smaller runs than the batch where they are faster.
  const size = isPixels ? Math.min(options.batch, imagesInCache(clip)) : options.batch;
  const strands = strandCount(runtime, Math.ceil(options.batch / size));
  const session = await openGraph(backbone, classifierGraph(clip, { ...options, batch: size }), {
    ...runtime,
    strands,
  });
  const image = isPixels ? "pixels" : "global";
  const values = isPixels ? 3 * clip.config.vision.imageSize ** 2 : clip.config.jointWidth;
  return {
    batch: options.batch,
    classify: async (images, n, prompts = {}) => {
      const rows = new Float32Array(n * options.classes);
      const pass = { session, input: image, feeds: prompts, size, values };
      for await (const { start, count, results } of runInParts(images, n, pass)) {
        rows.set(single(results.probabilities).subarray(0, count * options.classes), start * options.classes);
      }
      return rows;
    },
    dispose: () => session.dispose(),
  };
}

export interface TextEncoderSession {
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
): Promise<TextEncoderSession> {
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
  { threads, provider, strands, profilePrefix }: RuntimeOptions,
): Promise<Session> => backbone.open(toOnnx(outputs), { threads, provider, strands, profilePrefix });

const single = (values: Results[string]): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values, Number);
