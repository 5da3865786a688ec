/**
 * The library: adapt a frozen CLIP to facial expressions, score it, use it.
 * Options are those of the command line, in camelCase; `trainSchema.config.parse({…})` fills in the defaults.
 *
 * @module mpa-fer
 */

import { type ModelConfig, openModel } from "./method/model.node.ts";
import type { Model } from "./method/model.ts";

export { type ExportResult, exportClassifier } from "./apps/export/export.ts";
export { type ExportConfig, exportSchema } from "./apps/export/options.ts";
export type { PluginTools } from "./apps/plugins.ts";
export { addPlugin, loadPlugin, type Plugin, type PluginDefinition } from "./apps/plugins.ts";
export type { PredictionFormat, PredictionText } from "./apps/predict/formats.ts";
export { type PredictConfig, type PrepareConfig, predictSchema, prepareSchema } from "./apps/predict/options.ts";
export { openPredictions, predict } from "./apps/predict/predict.ts";
export type { FilePrediction, Predicted, Predictions } from "./apps/predict/predictPictures.ts";
export { type PreparedDataset, prepareDataset } from "./apps/predict/prepare.ts";
export { type PushConfig, pushSchema } from "./apps/push/options.ts";
export { type PushResult, push } from "./apps/push/push.ts";
export { type ServeConfig, serveSchema } from "./apps/serve/options.ts";
export { type RunningServer, startServer } from "./apps/serve/server.ts";
export type { Architecture } from "./clip/architecture.ts";
export { openBackbone } from "./clip/backbone.node.ts";
export type { LabelledSource, LoadOptions, TrainingDefaults } from "./data/dataset.node.ts";
export type { Sample, Split, SplitName } from "./data/sample.ts";
export type { Sampler, SamplingRequest } from "./data/samplers.ts";
export { neighbourAgreement, trustworthiness, tsne } from "./evaluation/featurePlane.ts";
export { type Metrics, scoreClassification } from "./evaluation/metrics.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./faces/recognizer.node.ts";
export type { Tensor } from "./graph/tensor.ts";
export { readCheckpoint } from "./method/checkpoint.node.ts";
export type { Checkpoint } from "./method/checkpoint.ts";
export { type RemovalCurves, removalCurves } from "./method/explain/removal.ts";
export type { ImageLossInputs, LossOptions, LossTerm, TextLossInputs } from "./method/losses.ts";
export { type ModelConfig, openModel } from "./method/model.node.ts";
export { variantNames } from "./method/variants.ts";
export type { NodeImage } from "./pictures/decode.node.ts";
export { decodeImage } from "./pictures/decode.node.ts";
export * from "./portable.ts";
export { type AblationResult, ablate } from "./runs/ablate/ablate.ts";
export { type AblateConfig, ablateSchema } from "./runs/ablate/options.ts";
export { type BenchResult, bench } from "./runs/bench/bench.ts";
export { type BenchConfig, benchSchema } from "./runs/bench/options.ts";
export type {
  CheckpointWritten,
  EpochEnd,
  RunControl,
  RunEnd,
  RunStart,
  TrainerCallback,
  TrainerEvents,
} from "./runs/callbacks/callbacks.ts";
export { type MlflowOptions, mlflowCallback } from "./runs/callbacks/mlflow.ts";
export { tensorboardCallback } from "./runs/callbacks/tensorboard.ts";
export { type EvaluationResult, evaluate } from "./runs/evaluate/evaluate.ts";
export type { Evaluation } from "./runs/evaluate/figures.ts";
export { type EvaluateConfig, evaluateSchema } from "./runs/evaluate/options.ts";
export { type ExplainConfig, explainSchema } from "./runs/explain/options.ts";
export { type TrainConfig, trainSchema } from "./runs/options.ts";
export { type TrainContext, type TrainingResult, train } from "./runs/train/train.ts";

/** @deprecated Use `Model`. */
export type Predictor = Model;
/** @deprecated Use `ModelConfig`. */
export type PredictorConfig = ModelConfig;
/** @deprecated Use `openModel`. */
export const openPredictor = openModel;
