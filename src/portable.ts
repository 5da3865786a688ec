/** What the library for Node and the one for browsers have in common. */

export { type Backbone, defaultBackbone } from "./clip/backbone.ts";
export { ferClasses } from "./data/sample.ts";
export type { FaceDetector } from "./faces/detector.ts";
export type { DetectedFace, FaceBox, Landmarks, Point } from "./faces/face.ts";
export { alignFace } from "./faces/face.ts";
export type {
  FacePrediction,
  FaceReadingOptions,
  ModelDescription,
  PredictOptions as PictureOptions,
  PreparedPicture,
  Recognizer,
} from "./faces/recognizer.ts";
export type {
  Explainer,
  ExplainOptions as FaceExplanationOptions,
  FaceExplanation,
  TopPatches,
} from "./method/explain/explainer.ts";
export type { HeatMap } from "./method/explain/saliency.ts";
export { defaultDescriptions } from "./method/hardPrompts.ts";
export type { Model } from "./method/model.ts";
export type { PromptedModel } from "./method/promptedModel.ts";
export type { RgbImage } from "./pictures/image.ts";
export type { ProgressReporter, ProgressTask, RunContext } from "./platform/context.ts";
export { type ErrorCode, errorCodes, MpaError } from "./platform/errors.ts";
