/** Models: a backbone with prompts, from which classifiers and explainers are opened. */

import type { Backbone } from "../clip/backbone.ts";
import { type Checkpoint, plainInference } from "./checkpoint.ts";
import { type Classifier, openClassifier, type RuntimeOptions } from "./classifier.ts";
import { type Explainer, openExplainer } from "./explain/explainer.ts";
import { modelFromCheckpoint, type PromptedModel, type ZeroShot, zeroShotModel } from "./promptedModel.ts";

/** Identity of a model. */
export interface ModelDescription {
  /** class names in the order of the probabilities */
  readonly classes: readonly string[];
  readonly backbone: Pick<Backbone, "name" | "sha256">;
  /** file name of the trained prompts; absent for zero-shot */
  readonly checkpoint?: string;
  /** whether the trained prompts are those that come with the backbone; absent where they are not */
  readonly isBundled?: true;
}

/** A model that is ready for inference; see `openModel`. */
export interface Model extends PromptedModel {
  readonly description: ModelDescription;
  readonly backbone: Backbone;
  /** @internal */
  readonly runtime: Pick<RuntimeOptions, "threads" | "provider">;
  /** absent for zero-shot */
  readonly checkpoint?: Checkpoint;
  /** path of the checkpoint; absent without a file system */
  readonly file?: string;
  /**
   * Opens a classifier of up to `batch` images per call; dispose of it when done. `soon` optimises for the latency of a few
   * images instead of throughput; `flip` reads each face mirrored as well, which else the model's own `inference` decides.
   */
  open(batch: number, how?: { readonly soon?: boolean; readonly flip?: boolean }): Promise<Classifier>;
  /** Opens an explainer that computes `batch` gradients per run; dispose of it when done. */
  openExplainer(batch?: number): Promise<Explainer>;
}

/** Trained prompts with their origin. */
export interface TrainedPrompts {
  readonly checkpoint: Checkpoint;
  /** file name, shown in the model's description */
  readonly name: string;
  /** whether they come with the backbone */
  readonly isBundled?: boolean;
  /** path; absent without a file system */
  readonly file?: string;
}

/**
 * Creates a model on an open backbone, with trained prompts or zero-shot. `flip: false` keeps a checkpoint from reading faces mirrored
 * as well. Throws CONFIG if a class description is missing.
 */
export async function modelOver(
  backbone: Backbone,
  prompts: TrainedPrompts | ZeroShot,
  { flip = true, ...runtime }: RuntimeOptions & { readonly flip?: boolean },
): Promise<Model> {
  if (!("checkpoint" in prompts))
    return promptedOver(backbone, await zeroShotModel(backbone, prompts, runtime), runtime);
  const { checkpoint, name, isBundled = false, file } = prompts;
  const prompted = modelFromCheckpoint(backbone, checkpoint);
  const { inference = plainInference } = prompted;
  const read = { ...prompted, inference: { ...inference, flip: flip && inference.flip } };
  const model = promptedOver(backbone, read, runtime);
  const description = { ...model.description, checkpoint: name, ...(isBundled && { isBundled }) };
  return { ...model, description, checkpoint, ...(file !== undefined && { file }) };
}

/** Creates a model from prompts in memory. */
export function promptedOver(backbone: Backbone, prompted: PromptedModel, runtime: RuntimeOptions): Model {
  const { classes, topK, theta, visionPrompts, inference = plainInference } = prompted;
  const { threads, provider } = runtime;
  return {
    ...prompted,
    ...{ backbone, runtime: { threads, provider } },
    description: { classes, backbone: { name: backbone.name, sha256: backbone.sha256 } },
    open: (batch, { soon = false, flip = inference.flip } = {}) => {
      const prompts = { kind: "constants", theta, visionPrompts, inference: { ...inference, flip } } as const;
      const options = { ...prompts, batch, classes: classes.length, topK };
      return openClassifier(backbone, options, soon ? { ...runtime, poolSize: 1 } : runtime);
    },
    openExplainer: (batch) => openExplainer(prompted, backbone.open, { threads, provider, batch }),
  };
}
