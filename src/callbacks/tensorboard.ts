/** The curves of a run as an event file of TensorBoard in its folder; a run that goes on starts another one. */
import { join } from "node:path";
import { selectionSplit } from "../data/selectionSplit.ts";
import { writeFileAtomic } from "../files.ts";
import { EventFile } from "../report/tensorboard/eventFile.ts";
import { recordedSteps } from "./recordedSteps.ts";
import type { TrainerCallback } from "./trainerCallback.ts";

/** Writes the curves of a run as an event file into its folder, as `--tensorboard` does. */
export function tensorboardCallback(): TrainerCallback {
  let file: EventFile | undefined;
  let path = "";
  let isRecorded = recordedSteps(0);
  const write = async () => file && (await writeFileAtomic(path, file.bytes()));
  return {
    name: "TensorBoard",
    onRunStart: ({ out, config, steps, stepsDone }) => {
      file = new EventFile(now(), stepsDone, selectionSplit(config.paperProtocol));
      path = join(out, file.name);
      isRecorded = recordedSteps(steps);
    },
    onStep: ({ losses, ...step }) => {
      if (isRecorded(step.step)) file?.add({ kind: "step", ...step, ...losses }, now());
    },
    onEpochEnd: ({ losses, ...epoch }) => file?.add({ kind: "epoch", ...epoch, ...losses }, now()),
    onCheckpoint: ({ kind }) => (kind === "last" ? write() : undefined),
    onRunEnd: write,
  };
}

/** Seconds since 1970. */
const now = (): number => Date.now() / 1000;
