/** A model in use: a backbone and the prompts that answer over it, from which classifiers and explainers are opened. */

import type { Backbone } from "../clip/backbone.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Classifier, openClassifier, type RuntimeOptions } from "./classifier.ts";
import { type Explainer, openExplainer } from "./explain/explainer.ts";
import { modelFromCheckpoint, type PromptedModel, type ZeroShot, zeroShotModel } from "./promptedModel.ts";

/** Which model answers. */
export interface ModelDescription {
  /** in the order of the probabilities */
  readonly classes: readonly string[];
  readonly backbone: { readonly name: string; readonly sha256: string };
  /** file name of the trained prompts; absent for zero-shot */
  readonly checkpoint?: string;
}

/** A prompted model that answers: `openModel` opens it. */
export interface Model extends PromptedModel {
  readonly description: ModelDescription;
  readonly backbone: Backbone;
  /** @internal */
  readonly runtime: Pick<RuntimeOptions, "threads" | "provider">;
  /** absent for zero-shot */
  readonly checkpoint?: Checkpoint;
  /** path of the checkpoint, where there is a file system */
  readonly file?: string;
  /**
   * A classifier of at most `batch` images a call; dispose of it when done. `soon`: made to answer a few images soonest,
   * instead of many in the least time.
   */
  open(batch: number, how?: { readonly soon: boolean }): Promise<Classifier>;
  /** Saliency and patches for a face, `batch` gradients at a time; dispose of it when done. */
  openExplainer(batch?: number): Promise<Explainer>;
}

/** Trained prompts, and where they come from. */
export interface TrainedPrompts {
  readonly checkpoint: Checkpoint;
  /** file name, for whoever asks which model answers */
  readonly name: string;
  /** path, where there is a file system */
  readonly file?: string;
}

/** A model over a backbone that is open: with trained prompts, or zero-shot. Throws CONFIG where a description is missing. */
export async function modelOver(
  backbone: Backbone,
  prompts: TrainedPrompts | ZeroShot,
  runtime: RuntimeOptions,
): Promise<Model> {
  if (!("checkpoint" in prompts))
    return promptedOver(backbone, await zeroShotModel(backbone, prompts, runtime), runtime);
  const { checkpoint, name, file } = prompts;
  const model = promptedOver(backbone, modelFromCheckpoint(backbone, checkpoint), runtime);
  const description = { ...model.description, checkpoint: name };
  return { ...model, description, checkpoint, ...(file !== undefined && { file }) };
}

/** A model over prompts that are at hand as values. */
export function promptedOver(backbone: Backbone, prompted: PromptedModel, runtime: RuntimeOptions): Model {
  const { classes, topK, theta, visionPrompts } = prompted;
  const { threads, provider } = runtime;
  return {
    ...prompted,
    ...{ backbone, runtime: { threads, provider } },
    description: { classes, backbone: { name: backbone.name, sha256: backbone.sha256 } },
    open: (batch, { soon } = { soon: false }) => {
      const options = { kind: "constants", batch, classes: classes.length, topK, theta, visionPrompts } as const;
      return openClassifier(backbone, options, soon ? { ...runtime, poolSize: 1 } : runtime);
    },
    openExplainer: (batch) => openExplainer(prompted, backbone.open, { threads, provider, batch }),
  };
}
