/**
 * Schemas under their former names, for programs that still call `train(trainSchema.config.parse({…}))`. The functions
 * validate their options themselves, so `parse` only validates and returns its input.
 */
import type { CommandSchema } from "../../platform/options/option.ts";
import { ablateSchema as ablation } from "../../runs/ablate/options.ts";
import { benchSchema as benchmark } from "../../runs/bench/options.ts";
import { evaluateSchema as evaluation } from "../../runs/evaluate/options.ts";
import { trainSchema as training } from "../../runs/options.ts";
import { exportSchema as exporting } from "../export/options.ts";
import { predictSchema as prediction, prepareSchema as preparation } from "../predict/options.ts";
import { pushSchema as pushing } from "../push/options.ts";
import { serveSchema as serving } from "../serve/options.ts";
import type {
  AblateOptions,
  BenchOptions,
  EvaluateOptions,
  ExportOptions,
  PredictOptions,
  PrepareOptions,
  PushOptions,
  ServeOptions,
  TrainOptions,
} from "./options.ts";

/** @deprecated Pass the options to the function itself. */
export interface OptionSchema<Options> {
  readonly config: { parse(options: Options): Options };
}

const checking = <Options>({ config }: CommandSchema<unknown>): OptionSchema<Options> => ({
  config: {
    parse: (options) => {
      config.parse(options);
      return options;
    },
  },
});

/** @deprecated Pass the options to `train` itself. */
export const trainSchema = checking<TrainOptions>(training);
/** @deprecated Pass the options to `evaluate` itself. */
export const evaluateSchema = checking<EvaluateOptions>(evaluation);
/** @deprecated Pass the options to `predict` itself. */
export const predictSchema = checking<PredictOptions>(prediction);
/** @deprecated Pass the options to `ablate` itself. */
export const ablateSchema = checking<AblateOptions>(ablation);
/** @deprecated Pass the options to `bench` itself. */
export const benchSchema = checking<BenchOptions>(benchmark);
/** @deprecated Pass the options to `exportClassifier` itself. */
export const exportSchema = checking<ExportOptions>(exporting);
/** @deprecated Pass the options to `prepareDataset` itself. */
export const prepareSchema = checking<PrepareOptions>(preparation);
/** @deprecated Pass the options to `push` itself. */
export const pushSchema = checking<PushOptions>(pushing);
/** @deprecated Pass the options to `startServer` itself. */
export const serveSchema = checking<ServeOptions>(serving);
