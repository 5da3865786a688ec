/** What plugins bring to listen to every training of this process. */
import type { TrainConfig } from "../config.ts";
import { messageOf } from "../errors.ts";
import type { TrainerCallback } from "./trainerCallback.ts";

export type CallbackMaker = (config: TrainConfig) => TrainerCallback;

const makers: CallbackMaker[] = [];

export const addCallbackMakers = (added: readonly CallbackMaker[] = []): void => {
  makers.push(...added);
};

/** The callbacks of one training; one that cannot be made is reported and left out. */
export const makeCallbacks = (config: TrainConfig, notice: (line: string) => void): TrainerCallback[] =>
  makers.flatMap((make) => {
    try {
      return [make(config)];
    } catch (error) {
      notice(`a plugin's callback cannot be made (${messageOf(error)}): it is left out, the run goes on`);
      return [];
    }
  });
