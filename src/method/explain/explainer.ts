/** Explanation of one face: saliency of a logit, and the patches most similar to each class's text. */
import { denormalise, towerPixels } from "../../clip/preprocess.ts";
import { toOnnx } from "../../graph/onnx.ts";
import { type OpenSession, type Session, type SessionOptions, single } from "../../graph/runtime/session.ts";
import { targetOf } from "../../graph/target.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import type { PromptedModel } from "../promptedModel.ts";
import { evidenceGraph } from "./graphs.ts";
import { type LogitGradients, openLogitGradients } from "./logitGradients.ts";
import { type HeatMap, noisyCopy, saliencyMap } from "./saliency.ts";

/** Options of an explanation. */
export interface ExplainOptions {
  /** index of the class whose logit is explained; default: the predicted class */
  readonly target?: number;
  /** SmoothGrad: number of noisy copies whose gradients are averaged; default 0, no SmoothGrad */
  readonly copies?: number;
  /** standard deviation of the noise as a fraction of the picture's range; default 0.15 */
  readonly noise?: number;
  readonly seed?: number;
  /** number of patches per class; default: the model's k if it has local alignment, else 16 */
  readonly topK?: number;
}

/** Patches most similar to the text of a class, in descending order; ties by index. */
export interface TopPatches {
  /** indices into the grid of patches, row-major from the upper left */
  readonly indices: readonly number[];
  /** cosine similarity of each patch and the class's text, Z_i·θ_c */
  readonly scores: readonly number[];
}

/** Explanation of a logit for one face. */
export interface FaceExplanation {
  /** face as the image encoder receives it */
  readonly face: RgbImage;
  /** index of the explained class */
  readonly target: number;
  /** [C] */
  readonly probabilities: Float32Array;
  /** max over channels of |∂logit/∂pixel|, in logits per full pixel range */
  readonly saliency: HeatMap;
  /** the same for the mean gradient over noisy copies; absent without copies */
  readonly smoothGrad?: HeatMap;
  /** Z_i·θ_c of every patch, one map per class */
  readonly similarity: readonly HeatMap[];
  /** one entry per class */
  readonly patches: readonly TopPatches[];
}

/** Explainer of one model's predictions; dispose of it when done. */
export interface Explainer {
  readonly model: PromptedModel;
  /** Explains an aligned face of any size. Throws USAGE after `dispose`. */
  explain(face: RgbImage, options?: ExplainOptions): Promise<FaceExplanation>;
  /** Explains normalised pixels [3,S,S]. Throws USAGE after `dispose`. */
  explainPixels(pixels: Float32Array, options?: ExplainOptions): Promise<FaceExplanation>;
  /** Frees the sessions after running calls have finished. Further calls of `dispose` do nothing. */
  dispose(): Promise<void>;
}

export const defaultNoise = 0.15;
export const defaultTopK = 16;

/** Opens an explainer that computes `batch` gradients per run. */
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

/** Indices and values of the k largest values, in descending order; ties by index. */
export function topPatches(values: Float32Array, k: number): TopPatches {
  const indices = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b).slice(0, k);
  return { indices, scores: indices.map((i) => values[i]) };
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

const mean = (rows: readonly Float32Array[]): Float32Array =>
  rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
