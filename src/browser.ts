/**
 * The library in browsers: faces and their expressions, explained and taught, with no picture leaving the machine.
 *
 * @module mpa-fer/browser
 */
export type { Metrics } from "./evaluation/metrics.ts";
export * from "./everywhere.ts";
export { fetchBackbone } from "./model/fetchBackbone.ts";
export { type BrowserImage, decodeBrowserImage } from "./recognise/browserImage.ts";
export { ExpressionRecognizer, type RecognizerOptions } from "./recognise/browserRecognizer.ts";
export { providers } from "./runtime/web.ts";
export type { LabelledFace, Lesson } from "./teach/lesson.ts";
export { type Taught, type TeachOptions, teach } from "./teach/teach.ts";
export { type Checkpoint, parseCheckpoint } from "./trainer/checkpoint.ts";
