/** Saliency of a logit and the patches that speak for each class, for one face at a time. */

import { denormalise, towerPixels } from "../../clip/preprocess.ts";
import { toOnnx } from "../../graph/onnx.ts";
import type { OpenSession, Results, Session, SessionOptions } from "../../graph/runtime/session.ts";
import { targetOf } from "../../graph/target.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import type { PromptedModel } from "../promptedModel.ts";
import { evidenceGraph, saliencyGraph } from "./graphs.ts";
import { type HeatMap, noisyCopy, saliencyMap } from "./saliency.ts";

/* Gradients of a logit with respect to many images' pixels. */

export interface LogitGradients {
  /** ∂logit_target/∂pixels of each image, [3,S,S] each */
  of(images: readonly Float32Array[], target: number): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** A session that takes `batch` images at a time. */
export async function openLogitGradients(
  model: PromptedModel,
  openSession: OpenSession,
  batch: number,
  options: SessionOptions,
): Promise<LogitGradients> {
  const session = await openSession(
    toOnnx(saliencyGraph(model, batch), {}, { target: targetOf(options.provider) }),
    options,
  );
  return {
    of: async (images, target) => {
      const found: Float32Array[] = [];
      for (let start = 0; start < images.length; start += batch) {
        const some = images.slice(start, start + batch);
        const feeds = { pixels: joined(some, batch), target: oneHotRows(target, model.classes.length, batch) };
        const { gradient } = await session.run(feeds);
        const size = gradient.length / batch;
        found.push(...some.map((_, i) => single(gradient.subarray(i * size, (i + 1) * size))));
      }
      return found;
    },
    dispose: () => session.dispose(),
  };
}

/** Values as a graph in single precision gives them. */
export const single = (values: Results[string]): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values, Number);

/** The images one after another, with zeros behind them up to the batch. */
function joined(images: readonly Float32Array[], batch: number): Float32Array {
  const values = new Float32Array(batch * images[0].length);
  for (const [i, image] of images.entries()) values.set(image, i * image.length);
  return values;
}

function oneHotRows(column: number, columns: number, rows: number): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) values[row * columns + column] = 1;
  return values;
}

/** What is explained, and how finely. */
export interface ExplainOptions {
  /** the class whose logit is explained; the winning one where it is absent */
  readonly target?: number;
  /** SmoothGrad: noisy copies to take the mean of; 0 (default): none */
  readonly copies?: number;
  /** standard deviation of the noise as a share of the picture's range; 0.15 by default */
  readonly noise?: number;
  readonly seed?: number;
  /** patches kept for each class; the model's own k where it has local alignment, else 16 */
  readonly topK?: number;
}

/** The patches that speak most for a class, best first; of equal ones the lower index. */
export interface TopPatches {
  /** row after row of the grid, from the upper left */
  readonly indices: readonly number[];
  /** cosine between the patch's feature and the class's text, Z_i·θ_c */
  readonly scores: readonly number[];
}

/** What speaks for a class in one face. */
export interface FaceExplanation {
  /** the face as the tower sees it */
  readonly face: RgbImage;
  /** index of the class whose logit `saliency` is of */
  readonly target: number;
  /** [C] */
  readonly probabilities: Float32Array;
  /** |∂logit/∂pixel|, the largest of the three channels, in logits for a change from black to full */
  readonly saliency: HeatMap;
  /** the same of the mean gradient over noisy copies; absent without copies */
  readonly smoothGrad?: HeatMap;
  /** Z_i·θ_c of every patch, one map a class */
  readonly similarity: readonly HeatMap[];
  /** of each class */
  readonly patches: readonly TopPatches[];
}

/** Explains one model's answers. Dispose of it when done. */
export interface Explainer {
  readonly model: PromptedModel;
  /** an aligned face, of any size */
  explain(face: RgbImage, options?: ExplainOptions): Promise<FaceExplanation>;
  /** normalised pixels [3,S,S] */
  explainPixels(pixels: Float32Array, options?: ExplainOptions): Promise<FaceExplanation>;
  /** Frees what the runtime holds, after what is under way; a second call does nothing, and other calls throw USAGE from then on. */
  dispose(): Promise<void>;
}

export const defaultNoise = 0.15;
export const defaultTopK = 16;

/** Opens the sessions that explain a model's answers; `batch` gradients at a time. Dispose of it when done. */
export async function openExplainer(
  model: PromptedModel,
  openSession: OpenSession,
  { batch = 1, ...options }: SessionOptions & { readonly batch?: number } = {},
): Promise<Explainer> {
  const evidence = await openSession(toOnnx(evidenceGraph(model), {}, { target: targetOf(options.provider) }), options);
  try {
    return new SessionExplainer(model, evidence, await openLogitGradients(model, openSession, batch, options));
  } catch (error) {
    await evidence.dispose();
    throw error;
  }
}

class SessionExplainer implements Explainer {
  readonly model: PromptedModel;
  readonly #evidence: Session;
  readonly #gradients: LogitGradients;
  readonly #lifetime: Lifetime;

  constructor(model: PromptedModel, evidence: Session, gradients: LogitGradients) {
    this.model = model;
    this.#evidence = evidence;
    this.#gradients = gradients;
    this.#lifetime = new Lifetime("the explainer", () => Promise.all([evidence.dispose(), gradients.dispose()]));
  }

  explain(face: RgbImage, options?: ExplainOptions): Promise<FaceExplanation> {
    return this.explainPixels(towerPixels(face, this.model.preprocess), options);
  }

  explainPixels(pixels: Float32Array, options?: ExplainOptions): Promise<FaceExplanation> {
    return this.#lifetime.use(() => this.#explain(pixels, options));
  }

  dispose(): Promise<void> {
    return this.#lifetime.dispose();
  }

  async #explain(pixels: Float32Array, options: ExplainOptions = {}): Promise<FaceExplanation> {
    const { preprocess: config } = this.model;
    const { copies = 0, noise = defaultNoise, seed = 1 } = options;
    const found = await this.#evidence.run({ pixels });
    const probabilities = single(found.probabilities);
    const target = options.target ?? probabilities.indexOf(Math.max(...probabilities));
    const noisy = Array.from({ length: copies }, (_, i) => noisyCopy(pixels, config, { noise, seed }, i));
    const [clean, ...smoothed] = await this.#gradients.of([pixels, ...noisy], target);
    return {
      ...{ face: denormalise(pixels, config), target, probabilities, saliency: saliencyMap(clean, config) },
      ...(copies > 0 && { smoothGrad: saliencyMap(mean(smoothed), config) }),
      ...patchEvidence(single(found.similarity), this.model, options.topK),
    };
  }
}

function patchEvidence(values: Float32Array, model: PromptedModel, shown: number | undefined) {
  const { classes, clip, topK } = model;
  const { grid } = clip.config.vision;
  const size = grid ** 2;
  const k = Math.min(size, shown ?? (topK || defaultTopK));
  const similarity = classes.map((_, c) => ({
    ...{ height: grid, width: grid },
    data: values.slice(c * size, (c + 1) * size),
  }));
  return { similarity, patches: similarity.map(({ data }) => topPatches(data, k)) };
}

/** The k largest values and where they are. */
export function topPatches(values: Float32Array, k: number): TopPatches {
  const indices = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b).slice(0, k);
  return { indices, scores: indices.map((i) => values[i]) };
}

const mean = (rows: readonly Float32Array[]): Float32Array =>
  rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
