/** Options of face detection and expression recognition. */
import { z } from "zod";
import { runOptions } from "../clip/options.node.ts";
import { data } from "../data/options.node.ts";
import { hardPromptOptions, predictionBatchOptions } from "../method/options.ts";
import { type CommandSchema, flag, integer, real, text } from "../platform/options/option.ts";
import { usualUnsureBelow } from "./answerText.ts";

/** Input options of `predict`. */
export const photographOptions = {
  files: data(z.array(text("a file"), { error: "must be a list of files" }).min(1, { error: "must name a file" }), {
    value: "FILE…",
    positional: true,
    role: "place",
    help: "photographs, folders, patterns, videos (with ffmpeg on the path), or - for standard input",
  }),
  detect: data(flag().default(true), { role: "result", help: "take each image as one aligned face" }),
  every: data(real(0, { open: true }).default(0.2), {
    value: "S",
    role: "result",
    help: "seconds between the frames of a video that are looked at",
    source: "our choice",
  }),
  smoothing: data(real(0).default(0.5), {
    value: "S",
    role: "result",
    help: "time constant over which the probabilities of a face in a video are smoothed; 0: not at all",
    source: "our choice",
  }),
};

/** Options of the face detector. */
export const detectorOptions = {
  smallestFace: data(integer(8).optional(), {
    value: "PX",
    role: "result",
    help: "pixels of the smallest face to look for; less costs time on large pictures",
    source: "our choice",
    defaultText: "48; more for pictures over 2304 pixels, a forty-eighth of their longer side",
  }),
  faceScore: data(real(0, { open: true, below: 1 }).default(0.35), {
    value: "P",
    role: "result",
    help: "how sure the detector has to be of a face",
    source: "docs/records/detector-scores.json",
  }),
};

/** Options of reading a face. */
export const readingOptions = {
  careful: data(flag().default(false), {
    role: "result",
    help: "read each face in five crops, each also mirrored; takes some five times as long a face",
  }),
  unsureBelow: data(real(0, { below: 1 }).default(usualUnsureBelow), {
    value: "P",
    role: "result",
    help: "call an expression unsure below this probability",
    source: "docs/records/photographs.json",
  }),
};

/** Prompt options for inference; the default is the backbone's own prompts. */
export const predictorOptions = {
  checkpoint: data(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "trained prompts; without it those that come with the backbone, else zero-shot",
  }),
  zeroShot: data(flag().default(false), {
    role: "result",
    help: "let the hard prompts classify where no checkpoint is named",
  }),
  flip: data(flag().default(true), {
    role: "result",
    help: "read each face once, where the prompts ask for a mirrored read as well",
  }),
};

const { backbone, precision, provider, threads } = runOptions;

/** Options of a model and its runtime. */
export const modelOptions = z.strictObject({
  ...predictorOptions,
  ...hardPromptOptions,
  ...{ backbone, precision, provider, threads },
});

/** Options of an `ExpressionRecognizer`. */
export const recognizerOptions = z.strictObject({
  ...detectorOptions,
  ...readingOptions,
  ...predictorOptions,
  ...hardPromptOptions,
  ...predictionBatchOptions,
  ...{ backbone, precision, provider, threads },
});
export const recognizerSchema = {
  options: recognizerOptions,
  config: recognizerOptions,
} satisfies CommandSchema<RecognizerConfig>;
export type RecognizerConfig = Readonly<z.output<typeof recognizerOptions>>;
