/** The library in browsers: faces and their expressions, explained and taught, with no picture leaving the machine. */
export { ferClasses } from "./data/classes.ts";
export { type ErrorCode, errorCodes, MpaError } from "./errors.ts";
export type { Metrics } from "./evaluation/metrics.ts";
export {
  type Explainer,
  type ExplainOptions,
  type FaceExplanation,
  openExplainer,
  type TopPatches,
} from "./explanation/explainer.ts";
export type { HeatMap, Subject } from "./explanation/subject.ts";
export { alignFace } from "./faces/align.ts";
export type { DetectedFace, FaceBox, Landmarks, Point } from "./faces/detectedFace.ts";
export { createFaceDetector, type DetectorOptions, type FaceDetector } from "./faces/detector.ts";
export { type Backbone, defaultBackbone } from "./model/backbone.ts";
export { defaultDescriptions } from "./model/descriptions.ts";
export { fetchBackbone } from "./model/fetchBackbone.ts";
export type { RgbImage } from "./preprocess/image.ts";
export type { ProgressReporter, ProgressTask } from "./progress.ts";
export { type BrowserImage, decodeBrowserImage } from "./recognise/browserImage.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./recognise/browserRecognizer.ts";
export {
  type FacePrediction,
  type ModelDescription,
  type PredictOptions,
  type PreparedPicture,
  Recognizer,
  type RecognizerParts,
} from "./recognise/recognizer.ts";
export type { RunContext } from "./runContext.ts";
export { providers } from "./runtime/web.ts";
export type { LabelledFace, Lesson } from "./teach/lesson.ts";
export { type Taught, type TeachOptions, teach } from "./teach/teach.ts";
export { type Checkpoint, parseCheckpoint } from "./trainer/checkpoint.ts";
