/**
 * All options of all commands, once: type, default, where the default comes from, help. One idea a file under `config/`;
 * the rest of the program imports from here.
 */
export { type AblateConfig, ablateSchema } from "./config/ablateCommand.ts";
export { type BenchConfig, benchSchema } from "./config/benchCommand.ts";
export { type CompletionConfig, completionSchema } from "./config/completionCommand.ts";
export { type ConvertConfig, convertSchema } from "./config/convertCommand.ts";
export { type DemoConfig, demoSchema } from "./config/demoCommand.ts";
export { type DescribeConfig, describeSchema } from "./config/describeCommand.ts";
export { type DoctorConfig, doctorSchema } from "./config/doctorCommand.ts";
export { type EvaluateConfig, evaluateSchema } from "./config/evaluateCommand.ts";
export { type ExplainConfig, explainSchema } from "./config/explainCommand.ts";
export { type ExportConfig, exportSchema } from "./config/exportCommand.ts";
export { parseConfigFile } from "./config/file.ts";
export { nearest } from "./config/nearest.ts";
export { type CommandSchema, camelCase, flagOf, kebabCase, type Option, optionsOf } from "./config/option.ts";
export { commandLine, unknownOption } from "./config/origin.ts";
export { type GivenOptions, parseConfig } from "./config/parse.ts";
export { type RecognizerConfig, recognizerOptions } from "./config/photographOptions.ts";
export { type PredictConfig, type PrepareConfig, predictSchema, prepareSchema } from "./config/predictCommand.ts";
export { type PushConfig, pushSchema } from "./config/pushCommand.ts";
export { replayedOptions } from "./config/replay.ts";
export { type ServeConfig, serveSchema, tokenVariable } from "./config/serverOptions.ts";
export { type TrainConfig, trainSchema } from "./config/trainCommand.ts";
export { type Variant, variantNames } from "./config/variants.ts";
export { type WorkerConfig, workerSchema } from "./config/workerCommand.ts";
