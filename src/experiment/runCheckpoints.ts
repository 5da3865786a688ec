/** A state of a run as the bytes of its files: the checkpoint that others use, and what the run itself goes on from. */
import { selectionSplit } from "../data/selectionSplit.ts";
import { MpaError } from "../errors.ts";
import type { Prompts } from "../model/prompts.ts";
import { encodeCheckpoint } from "../trainer/checkpoint.ts";
import type { FitState } from "../trainer/fit.ts";
import { encodeResume } from "../trainer/resumeFile.ts";
import type { OpenRun } from "./openRun.ts";

/** `best.safetensors` or `last.safetensors`. Throws NUMERIC where the prompts' text features are not finite. */
export async function checkpointBytes(run: OpenRun, prompts: Prompts): Promise<Uint8Array> {
  const { backbone, config, setup, train, validator } = run;
  const theta = await validator.encoder.encode(prompts["text.context"]);
  if (!theta.data.every(Number.isFinite)) throw new MpaError("NUMERIC", "the text features are not finite");
  return encodeCheckpoint({
    prompts,
    prototypes: setup.prototypes,
    theta,
    classes: train.split.classes,
    config: { ...config, localTopK: config.topK, tau: setup.spec.tau },
    backbone: { name: backbone.name, sha256: backbone.sha256 },
    selection: selectionSplit(config.paperProtocol),
  });
}

/** Prompts, optimiser and place in the data. */
export function resumeBytes({ print, training }: OpenRun, state: FitState): Uint8Array {
  return encodeResume(state, { fingerprint: print, microBatch: training.stepOptions.microBatch });
}
