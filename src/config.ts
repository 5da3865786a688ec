/**
 * All options of all commands, once: type, default, where the default comes from, help. One idea a file under `config/`;
 * the rest of the program imports from here.
 */
export {
  type AblateConfig,
  ablateSchema,
  type BenchConfig,
  benchSchema,
  type CommandSchema,
  type DemoConfig,
  demoSchema,
  type EvaluateConfig,
  type ExportConfig,
  evaluateSchema,
  exportSchema,
  type PredictConfig,
  type PrepareConfig,
  predictSchema,
  prepareSchema,
  type RecognizerConfig,
  type ServeConfig,
  serveSchema,
  type TrainConfig,
  trainSchema,
} from "./config/commandOptions.ts";
export { type CompletionConfig, completionSchema } from "./config/completionCommand.ts";
export { type ConvertConfig, convertSchema } from "./config/convertCommand.ts";
export { type DescribeConfig, describeSchema } from "./config/describeCommand.ts";
export { type DoctorConfig, doctorSchema } from "./config/doctorCommand.ts";
export { type ExplainConfig, explainSchema } from "./config/explainCommand.ts";
export { parseConfigFile } from "./config/file.ts";
export { nearest } from "./config/nearest.ts";
export { camelCase, flagOf, kebabCase, type Option, optionsOf } from "./config/option.ts";
export { commandLine, unknownOption } from "./config/origin.ts";
export { type GivenOptions, parseConfig } from "./config/parse.ts";
export { type PushConfig, pushSchema } from "./config/pushCommand.ts";
export { replayedOptions } from "./config/replay.ts";
export { tokenVariable } from "./config/serverOptions.ts";
export { recognizerOptions } from "./config/usingOptions.ts";
export { type Variant, variantNames } from "./config/variants.ts";
export { type WorkerConfig, workerSchema } from "./config/workerCommand.ts";
