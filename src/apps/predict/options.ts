/** Options of `predict` and `prepare`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { data, datasetOptions } from "../../data/options.node.ts";
import { detectorOptions, photographOptions, predictorOptions, readingOptions } from "../../faces/options.node.ts";
import { hardPromptOptions, predictionBatchOptions } from "../../method/options.ts";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, flag, text } from "../../platform/options/option.ts";
import { sharedJobOptions } from "../../runs/options.ts";

/** Outputs in addition to the table and JSON. */
export const predictionOutputOptions = {
  report: data(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write a page with a timeline of each person in the videos",
  }),
  vtt: data(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write the expressions in a video as subtitles (WebVTT); - is standard output, alone there",
  }),
  jsonl: data(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write one line of JSON a picture as it is done; - is standard output, alone there",
  }),
  csv: data(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write one row a face; - is standard output, alone there",
  }),
  output: data(
    z
      .array(
        text("a format and a file").regex(/^[^=]+=./, { error: "must be a format and a file, such as csv=faces.csv" }),
        {
          error: "must be a list",
        },
      )
      .optional(),
    {
      value: "FORMAT=FILE",
      repeatable: true,
      role: "display",
      perCall: true,
      help: "write the answers in this format: json, jsonl, csv, vtt, or a plugin's",
    },
  ),
  draw: data(text("a folder").optional(), {
    value: "DIR",
    role: "display",
    perCall: true,
    help: "write each picture and video with boxes and expressions drawn on it",
  }),
  reportFaces: data(flag().default(true), {
    role: "display",
    help: "leave the faces out of the report; no other file but the drawings holds pictures",
    source: "our choice",
  }),
};

const predictOptions = z.strictObject({
  ...photographOptions,
  ...predictionOutputOptions,
  ...detectorOptions,
  ...readingOptions,
  ...predictorOptions,
  ...hardPromptOptions,
  ...predictionBatchOptions,
  ...sharedJobOptions,
  ...runOptions,
});

const { provider, threads } = runOptions;

/** Options of `prepare`. */
export const prepareOptions = z.strictObject({
  data: datasetOptions.data,
  dataset: datasetOptions.dataset,
  labelRule: datasetOptions.labelRule,
  out: data(text("a folder"), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder of the faces, {train,valid,test}/CLASS/*.png",
  }),
  ...detectorOptions,
  ...{ provider, threads },
  ...answerOptions,
});

/** Parsed options of `predict`, with defaults. */
export type PredictConfig = Readonly<z.output<typeof predictOptions>>;
/** Parsed options of `prepare`, with defaults. */
export type PrepareConfig = Readonly<z.output<typeof prepareOptions>>;

/** Schema of `predict`; `config.parse({…})` validates options and applies defaults. */
export const predictSchema = { options: predictOptions, config: predictOptions } satisfies CommandSchema<PredictConfig>;
/** Schema of `prepare`; `config.parse({…})` validates options and applies defaults. */
export const prepareSchema = { options: prepareOptions, config: prepareOptions } satisfies CommandSchema<PrepareConfig>;
