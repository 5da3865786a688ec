/**
 * The library: adapt a frozen CLIP to facial expressions, score it, use it.
 * Options are those of the command line, in camelCase; `trainSchema.config.parse({…})` fills in the defaults.
 */
export { type AblationResult, ablate } from "./ablation/ablate.ts";
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
  predictSchema,
  prepareSchema,
  type ServeConfig,
  serveSchema,
  type TrainConfig,
  trainSchema,
  variantNames,
} from "./config.ts";
export { ferClasses } from "./data/classes.ts";
export { type ErrorCode, errorCodes, MpaError } from "./errors.ts";
export { type Metrics, scoreClassification } from "./evaluation/metrics.ts";
export { neighbourAgreement, trustworthiness } from "./evaluation/neighbours.ts";
export { type BenchResult, bench } from "./experiment/bench.ts";
export { type EvaluationResult, evaluate } from "./experiment/evaluate.ts";
export type { Evaluation } from "./experiment/evaluationFigures.ts";
export { openPredictor, type Predictor, type PredictorConfig } from "./experiment/predictor.ts";
export { type TrainingResult, train } from "./experiment/train.ts";
export {
  type Explainer,
  type ExplainOptions,
  type FaceExplanation,
  openExplainer,
  type TopPatches,
} from "./explanation/explainer.ts";
export { type RemovalCurves, removalCurves } from "./explanation/removal.ts";
export type { HeatMap, Subject } from "./explanation/subject.ts";
export { tsne } from "./explanation/tsne.ts";
export { type ExportResult, exportClassifier } from "./export/export.ts";
export { alignFace } from "./faces/align.ts";
export type { DetectedFace, FaceBox, Landmarks, Point } from "./faces/detectedFace.ts";
export { createFaceDetector, type DetectorOptions, type FaceDetector } from "./faces/detector.ts";
export { type Backbone, defaultBackbone } from "./model/backbone.ts";
export { defaultDescriptions } from "./model/descriptions.ts";
export { openBackbone } from "./model/openBackbone.ts";
export { decodeImage } from "./preprocess/decode.ts";
export type { RgbImage } from "./preprocess/image.ts";
export type { ProgressReporter, ProgressTask } from "./progress.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./recognise/expressionRecognizer.ts";
export type { NodeImage } from "./recognise/nodeImage.ts";
export { openPredictions, type Predictions, predict } from "./recognise/predict.ts";
export type { FilePrediction, Predicted } from "./recognise/predictPictures.ts";
export { type PreparedDataset, prepareDataset } from "./recognise/prepareDataset.ts";
export {
  type FacePrediction,
  type ModelDescription,
  type PredictOptions,
  type PreparedPicture,
  Recognizer,
  type RecognizerParts,
} from "./recognise/recognizer.ts";
export type { RunContext } from "./runContext.ts";
export { type RunningServer, startServer } from "./serve/server.ts";
export type { Checkpoint } from "./trainer/checkpoint.ts";
export { readCheckpoint } from "./trainer/checkpointFile.ts";
