/** Checkpoint of trained prompts: θ is computed of them, the rest is constant in a training. */

import type { Backbone } from "../clip/backbone.ts";
import { type Checkpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { Prompts } from "./prompts.ts";
import type { SetupConfig, TrainingSetup } from "./setup.ts";
import type { Validator } from "./validator.ts";

/** Constant contents of a training run's checkpoints. */
export interface CheckpointParts {
  readonly backbone: Pick<Backbone, "name" | "sha256">;
  readonly classes: readonly string[];
  readonly setup: TrainingSetup;
  readonly config: SetupConfig;
  readonly selection?: Checkpoint["selection"];
  readonly average?: Checkpoint["average"];
}

/** Encodes a checkpoint of prompts and their θ. Throws NUMERIC if θ is not finite. */
export async function encodeTrained(
  prompts: Prompts,
  validator: Pick<Validator, "theta">,
  { backbone: { name, sha256 }, classes, setup, config, selection, average }: CheckpointParts,
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeCheckpoint({
    prompts,
    theta: await validator.theta(prompts),
    prototypes: setup.prototypes,
    classes,
    config: { ...config, tau: setup.spec.tau },
    backbone: { name, sha256 },
    selection,
    average,
  });
}
