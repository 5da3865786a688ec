/** What the library for Node and the one for browsers have in common. */
export { ferClasses } from "./data/classes.ts";
export { type ErrorCode, errorCodes, MpaError } from "./errors.ts";
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
export type { RgbImage } from "./preprocess/image.ts";
export type { ProgressReporter, ProgressTask } from "./progress.ts";
export {
  type FacePrediction,
  type ModelDescription,
  type PredictOptions,
  type PreparedPicture,
  Recognizer,
  type RecognizerParts,
} from "./recognise/recognizer.ts";
export type { RunContext } from "./runContext.ts";
