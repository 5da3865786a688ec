/** Options of `bench`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { imageForms } from "../../clip/pictureRows.ts";
import { batchOptions, training } from "../../method/learningOptions.ts";
import { amounts, lossOptions, promptOptions } from "../../method/options.ts";
import { type CommandSchema, choice, flag, integer, text } from "../../platform/options/option.ts";
import { estimateOptions } from "../options.ts";

const benchOptions = {
  steps: training(integer(1).default(10), {
    value: "N",
    role: "result",
    help: "steps to time, after one to warm up",
    source: "our choice",
  }),
  work: training(choice(["both", "train", "predict"]).default("both"), {
    value: "both|train|predict",
    role: "result",
    help: "what is timed",
    source: "our choice",
  }),
  images: training(choice(imageForms).default("pixels"), {
    value: imageForms.join("|"),
    role: "result",
    help: "what a training step is fed: pixels, or whole pictures that its graph augments",
    source: "our choice",
  }),
  classes: training(integer(2).default(8), {
    value: "N",
    role: "result",
    help: "classes of the work",
    source: "our choice",
  }),
  report: training(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write machine, adapter, rates, memory and work as one JSON, to compare with other machines",
  }),
  profile: training(flag().default(false), {
    role: "display",
    help: "report the time by operator and by encoder as well",
  }),
};

const benchmarkOptions = z.strictObject({
  ...promptOptions,
  ...lossOptions,
  ...batchOptions,
  ...benchOptions,
  ...estimateOptions,
  ...runOptions,
});

const benchConfig = benchmarkOptions.transform((given, context) => ({ ...given, ...amounts(given, context) }));

/** Parsed options of `bench`, with defaults. */
export type BenchConfig = Readonly<z.output<typeof benchConfig>>;
/** Options of `bench`; `config.parse({…})` checks them and fills in the defaults. */
export const benchSchema = { options: benchmarkOptions, config: benchConfig } satisfies CommandSchema<BenchConfig>;
