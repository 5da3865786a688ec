/** Checkpoint files of a run: the prompts of the best and last epoch, and the state from which the run resumes. */
import { selectionSplit } from "../../data/sample.ts";
import { averagedPrompts } from "../../method/averaging.ts";
import { encodeResume, type ResumeKey } from "../../method/checkpoint.node.ts";
import type { FitState } from "../../method/fit.ts";
import { averagingOf } from "../../method/learning.ts";
import type { OptimiserState } from "../../method/optimiser.ts";
import { encodeTrained } from "../../method/trainedCheckpoint.ts";
import type { Validator } from "../../method/validator.ts";
import type { RunFolder } from "../runFolder.ts";
import { tensorsHash } from "./fingerprint.ts";
import type { RunInputs } from "./openRun.ts";

/** Dependencies of `Checkpoints`. */
export interface CheckpointSource {
  readonly inputs: RunInputs;
  readonly folder: RunFolder;
  readonly resumeKey: ResumeKey;
  readonly validator: Pick<Validator, "theta">;
}

/** Writer of a run's checkpoints. */
export class Checkpoints {
  readonly #run: CheckpointSource;

  constructor(run: CheckpointSource) {
    this.#run = run;
  }

  /** Writes `best`. Throws NUMERIC if the prompts' text features are not finite. */
  async writeBest(state: FitState<OptimiserState>): Promise<void> {
    await this.#run.folder.write("best", await this.#encode(state));
  }

  /** Writes `last`, then the resume file. Throws NUMERIC if the prompts' text features are not finite. */
  async writeLast(state: FitState<OptimiserState>): Promise<void> {
    await this.#run.folder.write("last", await this.#encode(state));
    await this.writeResume(state);
  }

  writeResume(state: FitState<OptimiserState>): Promise<void> {
    return this.#run.folder.write("resume", encodeResume(state, this.#run.resumeKey));
  }

  /** Hashes of the tensors of both checkpoints. */
  async bits(): Promise<{ readonly last: string; readonly best: string }> {
    const { folder } = this.#run;
    return { last: await tensorsHash(folder.file("last")), best: await tensorsHash(folder.file("best")) };
  }

  /** The checkpoint of a state: of the average of its prompts, if they are averaged. */
  #encode(state: FitState<OptimiserState>): Promise<Uint8Array> {
    const { inputs, validator } = this.#run;
    const { backbone, config, setup, train } = inputs;
    const { classes } = train.split;
    const selection = selectionSplit(config.paperProtocol);
    const prompts = averagedPrompts(state);
    const average = state.average && averagingOf(config)?.name;
    return encodeTrained(prompts, validator, { backbone, classes, setup, config, selection, average });
  }
}
