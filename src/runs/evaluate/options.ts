/** Options of `evaluate`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { checkpointOptions, data, datasetOptions, partOptions, splitOptions } from "../../data/options.node.ts";
import { hardPromptOptions, predictionBatchOptions } from "../../method/options.ts";
import { type CommandSchema, flag, integer, real, text } from "../../platform/options/option.ts";
import { reportOptions } from "../options.ts";

const names = text("columns with commas between them").transform((given) =>
  given.split(",").map((name) => name.trim()),
);

const evaluateDataOptions = {
  ...splitOptions,
  map: data(flag().default(false), {
    role: "result",
    help: "score a model of other classes on those that it shares with the data, by name",
  }),
  newClasses: data(flag().default(false), {
    role: "result",
    help: "put the context of prompts trained with --context unified before the data's own class names",
  }),
  calibrate: data(flag().default(false), {
    role: "result",
    help: "fit a temperature on the validation split and divide the logits by it",
  }),
  report: data(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write a page with the figures, a reliability plot and the worst mistakes",
  }),
  abstain: data(real(0, { below: 1 }).optional(), {
    value: "P",
    role: "result",
    help: "also tell how many images get an answer of probability P or more, and how many of those are right",
  }),
  slices: data(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "a CSV with metadata, its first column the image's file: also tell the accuracy of each group of each column",
  }),
  sliceBy: data(names.optional(), {
    value: "COLUMN,…",
    role: "result",
    help: "columns of it",
    source: "our choice",
    defaultText: "all",
  }),
  sliceLeast: data(integer(1).default(20), {
    value: "N",
    role: "result",
    help: "smaller groups are counted, but their accuracy is withheld",
    source: "our choice",
  }),
  predictions: data(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write a CSV with every image's label, prediction and probabilities",
  }),
};

const evaluateOptions = z.strictObject({
  ...datasetOptions,
  ...partOptions,
  ...evaluateDataOptions,
  ...reportOptions,
  ...checkpointOptions,
  ...hardPromptOptions,
  ...predictionBatchOptions,
  ...runOptions,
});

/** Parsed options of `evaluate`, with defaults. */
export type EvaluateConfig = Readonly<z.output<typeof evaluateOptions>>;
/** Options of `evaluate`; `config.parse({…})` checks them and fills in the defaults. */
export const evaluateSchema = {
  options: evaluateOptions,
  config: evaluateOptions,
} satisfies CommandSchema<EvaluateConfig>;
