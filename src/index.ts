/**
 * The library: adapt a frozen CLIP to facial expressions, score it, use it. Functions take the options of the command of the
 * same name, in camelCase, and return what it answers. `mpa-fer/extend` has what plugins and callbacks need, `mpa-fer/graph`
 * the graph engine, `mpa-fer/browser` the library for browsers.
 *
 * @module mpa-fer
 */
export {
  ablate,
  bench,
  evaluate,
  explain,
  exportClassifier,
  figures,
  openModel,
  openPredictions,
  predict,
  prepareDataset,
  protocol,
  push,
  reproduce,
  startServer,
  train,
  verify,
} from "./apps/library/library.ts";
export type {
  AblateOptions,
  BenchOptions,
  EvaluateOptions,
  ExplainOptions,
  ExportOptions,
  FiguresOptions,
  ModelOptions,
  PredictOptions,
  PrepareOptions,
  ProtocolOptions,
  PushOptions,
  ReproduceOptions,
  ServeOptions,
  TrainOptions,
  VerifyOptions,
} from "./apps/library/options.ts";
export { openBackbone } from "./clip/backbone.node.ts";
export { type Metrics, scoreClassification } from "./evaluation/metrics.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./faces/recognizer.node.ts";
export { readCheckpoint } from "./method/checkpoint.node.ts";
export type { Checkpoint } from "./method/checkpoint.ts";
export { variantNames } from "./method/variants.ts";
export { decodeImage, type NodeImage } from "./pictures/decode.node.ts";
export * from "./portable.ts";
