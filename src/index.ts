/**
 * The library: adapt a frozen CLIP to facial expressions, score it, use it.
 * Options are those of the command line, in camelCase; `trainSchema.config.parse({…})` fills in the defaults.
 *
 * @module mpa-fer
 */
export { type AblationResult, ablate } from "./ablation/ablate.ts";
export { type MlflowOptions, mlflowCallback } from "./callbacks/mlflow.ts";
export { tensorboardCallback } from "./callbacks/tensorboard.ts";
export type {
  CheckpointWritten,
  EpochEnd,
  RunControl,
  RunEnd,
  RunStart,
  TrainerCallback,
  TrainerEvents,
} from "./callbacks/trainerCallback.ts";
export {
  type AblateConfig,
  ablateSchema,
  type BenchConfig,
  benchSchema,
  type EvaluateConfig,
  type ExplainConfig,
  type ExportConfig,
  evaluateSchema,
  explainSchema,
  exportSchema,
  type PredictConfig,
  type PrepareConfig,
  type PushConfig,
  predictSchema,
  prepareSchema,
  pushSchema,
  type ServeConfig,
  serveSchema,
  type TrainConfig,
  trainSchema,
  variantNames,
} from "./config.ts";
export type { Sample, Split, SplitName } from "./data/sample.ts";
export type { Sampler, SamplingRequest } from "./data/sampler.ts";
export type { LabelledSource, LoadOptions, TrainingDefaults } from "./data/source.ts";
export { type Metrics, scoreClassification } from "./evaluation/metrics.ts";
export { neighbourAgreement, trustworthiness } from "./evaluation/neighbours.ts";
export * from "./everywhere.ts";
export { type BenchResult, bench } from "./experiment/bench.ts";
export { type EvaluationResult, evaluate } from "./experiment/evaluate.ts";
export type { Evaluation } from "./experiment/evaluationFigures.ts";
export { openPredictor, type Predictor, type PredictorConfig } from "./experiment/predictor.ts";
export { type TrainContext, type TrainingResult, train } from "./experiment/train.ts";
export { type RemovalCurves, removalCurves } from "./explanation/removal.ts";
export { tsne } from "./explanation/tsne.ts";
export { type ExportResult, exportClassifier } from "./export/export.ts";
export type { Tensor } from "./graph/tensor.ts";
export type { ImageLossInputs, LossOptions, LossTerm, TextLossInputs } from "./losses/lossTerm.ts";
export type { Architecture } from "./model/architecture.ts";
export { openBackbone } from "./model/openBackbone.ts";
export { loadPlugin } from "./plugins/loadPlugin.ts";
export { addPlugin, type Plugin, type PluginDefinition } from "./plugins/plugin.ts";
export type { PluginTools } from "./plugins/tools.ts";
export { decodeImage } from "./preprocess/decode.ts";
export { type PushResult, push } from "./publish/push.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./recognise/expressionRecognizer.ts";
export type { PredictionFormat, PredictionText } from "./recognise/formats/predictionFormat.ts";
export type { NodeImage } from "./recognise/nodeImage.ts";
export { openPredictions, predict } from "./recognise/predict.ts";
export type { FilePrediction, Predicted, Predictions } from "./recognise/predictPictures.ts";
export { type PreparedDataset, prepareDataset } from "./recognise/prepareDataset.ts";
export { type RunningServer, startServer } from "./serve/server.ts";
export type { Checkpoint } from "./trainer/checkpoint.ts";
export { readCheckpoint } from "./trainer/checkpointFile.ts";
