/**
 * The library in browsers: faces and their expressions, explained and taught, with no picture leaving the machine.
 *
 * @module mpa-fer/browser
 */
import type { FaceExplanationOptions, PictureOptions } from "./portable.ts";

export { fetchBackbone } from "./clip/backbone.web.ts";
export type { Metrics } from "./evaluation/metrics.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./faces/recognizer.web.ts";
export { providers } from "./graph/runtime/session.web.ts";
export { type Checkpoint, parseCheckpoint } from "./method/checkpoint.ts";
export type { FewShotSet, LabelledFace } from "./method/fewShotSet.ts";
export { type ModelOptions, openModel } from "./method/model.web.ts";
export { type FewShotResult, type TeachOptions, teach } from "./method/teach.ts";
export { type BrowserImage, decodeBrowserImage } from "./pictures/decode.web.ts";
export * from "./portable.ts";

/** Options of `Recognizer.predict`. */
export type PredictOptions = PictureOptions;
/** Options of `Explainer.explain`. */
export type ExplainOptions = FaceExplanationOptions;
