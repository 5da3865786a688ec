/** Options of `reproduce`: the paper's settings on one of its data sets, and what a smaller trial changes. */

import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { datasetOptions, trainDataOptions } from "../../data/options.node.ts";
import { counted } from "../../platform/counts.ts";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, choice, integer, optionGroup, text } from "../../platform/options/option.ts";
import { type AblateConfig, ablateSchema, ablationOptions } from "../../runs/ablate/options.ts";
import { estimateOptions, trainSchema } from "../../runs/options.ts";

const reproduction = optionGroup("Reproduction");

/** The paper's data sets, by their `--dataset`. */
export const reproducedSets = ["raf-db", "ferplus", "affectnet-7", "affectnet-8"] as const;
export type ReproducedSet = (typeof reproducedSets)[number];

const { paperProtocol, validLimit } = trainDataOptions;
const { data, limit } = datasetOptions;
const { precision, provider, threads, memory } = runOptions;

const reproduceOptions = z.strictObject({
  set: reproduction(z.tuple([choice(reproducedSets)], { error: `must be one of ${reproducedSets.join(", ")}` }), {
    value: "DATASET",
    positional: true,
    role: "result",
    help: `${reproducedSets.join(", ")}: the paper's settings and figures are those of this set`,
  }),
  data,
  backbone: reproduction(text("a folder or a name").default("openai/clip-vit-base-patch16"), {
    value: "DIR|NAME",
    role: "place",
    help: "frozen CLIP, as in other commands; the paper has OpenAI's ViT-B/16 and ViT-L/14",
    source: "paper, Implementation Details",
  }),
  seeds: ablationOptions.seeds,
  split: reproduction(choice(["test", "valid"]).default("test"), {
    value: "test|valid",
    role: "result",
    help: "what the best epoch is scored on; valid is for trials without the test images",
    source: "paper, Tables 1 to 5",
  }),
  paperProtocol,
  epochs: reproduction(integer(1).optional(), {
    value: "N",
    role: "result",
    help: "for a trial: fewer epochs than the paper's",
    source: "paper, Implementation Details",
    defaultText: "120; 20 for AffectNet",
  }),
  ...{ limit, validLimit },
  out: reproduction(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder of record.json, record.md and the runs; the same command goes on where it was stopped",
    source: "our choice",
    defaultText: "runs/reproduce-DATASET",
  }),
  ...estimateOptions,
  ...{ precision, provider, threads, memory },
  ...answerOptions,
});

const reproduceConfig = reproduceOptions.transform((given) => ({
  ...given,
  out: given.out ?? `runs/reproduce-${given.set[0]}`,
}));

/** Parsed options of `reproduce`, with defaults. */
export type ReproduceConfig = Readonly<z.output<typeof reproduceConfig>>;
/** Options of `reproduce`; `config.parse({…})` checks them and fills in the defaults. */
export const reproduceSchema = {
  options: reproduceOptions,
  config: reproduceConfig,
} satisfies CommandSchema<ReproduceConfig>;

/** The paper's settings are the defaults of `train` with the whole method. */
export const cellsOf = ({ set: [dataset], split, ...given }: ReproduceConfig): AblateConfig => {
  const {
    data: folder,
    backbone,
    seeds,
    paperProtocol: chosenOnTest,
    epochs,
    limit: images,
    validLimit: valid,
    out,
  } = given;
  const options = { data: folder, dataset, backbone, seeds, paperProtocol: chosenOnTest, epochs, limit: images, out };
  const how = { precision: given.precision, provider: given.provider, threads: given.threads, memory: given.memory };
  const present = Object.entries({ ...options, validLimit: valid, ...how }).filter(([, value]) => value !== undefined);
  return ablateSchema.config.parse({ ...Object.fromEntries(present), table: ["components"], split });
};

/** What a trial changes of the paper's settings, in words; empty for a whole reproduction. */
export function deviationsOf(config: ReproduceConfig): string[] {
  const {
    set: [dataset],
    epochs,
    limit: images,
    validLimit: valid,
    split,
    precision: arithmetic,
  } = config;
  const whole = trainSchema.config.parse({ data: config.data, dataset, variant: "mpa" });
  return [
    ...(epochs !== undefined && epochs !== whole.epochs
      ? [`${counted(epochs, "epoch")} in place of ${whole.epochs}`]
      : []),
    ...(images !== undefined ? [`at most ${counted(images, "training image")} a class`] : []),
    ...(valid !== undefined ? [`at most ${counted(valid, "validation image")} a class`] : []),
    ...(split === "valid" ? ["scored on the validation split, which chose the epoch"] : []),
    ...(arithmetic !== "fp32" ? [`frozen encoders in ${arithmetic}`] : []),
  ];
}
