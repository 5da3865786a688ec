/** Options of data sets, splits and images. */
import { z } from "zod";
import { choice, flag, integer, optionGroup, registered, text } from "../platform/options/option.ts";
import { augmentations } from "./augment.ts";
import { datasets } from "./datasets.node.ts";
import { labelRules } from "./ferplusVotes.ts";
import { parseFold } from "./part.node.ts";
import { splitNames } from "./sample.ts";
import { samplers } from "./samplers.ts";

export const data = optionGroup("Data");

/** Heading in the help. */
export const datasetNames = datasets.names.join("|");

/** Options of a labelled data set, for `train` and `evaluate`. */
export const datasetOptions = {
  data: data(text("a folder"), { value: "DIR", role: "place", help: "folder of the data set" }),
  dataset: data(registered(datasets), { value: datasetNames, role: "result", help: "kind of the data set" }),
  labelRule: data(choice(labelRules).default("plurality"), {
    value: labelRules.join("|"),
    role: "result",
    help: "how the votes of FER+ make a label",
    source: "docs/datasets.md",
  }),
  limit: data(integer(1).optional(), { value: "N", role: "result", help: "at most N images a class" }),
  allowBad: data(integer(0).optional(), {
    value: "N",
    role: "result",
    help: "unreadable images to bear with",
    source: "our choice",
    defaultText: "1 % of the split",
  }),
  dataWorkers: data(integer(1).default(4), {
    value: "N",
    role: "machine",
    help: "pictures read and decoded at once; the result is the same with any number",
    source: "our choice",
  }),
};

const classNames = z
  .union([z.string(), z.array(z.string())], { error: "must be classes with commas between them" })
  .transform((given) => (Array.isArray(given) ? given : given.split(",")).map((name) => name.trim()))
  .refine((names) => names.length > 0 && names.every((name) => name !== ""), {
    error: "must be classes with commas between them",
  });

const fold = text("a fold such as 2/5").refine((given) => parseFold(given) !== undefined, {
  error: "must be a fold such as 2/5, of three or more",
});

/** Options of a part of a data set, for `train` and `evaluate`. */
export const partOptions = {
  classes: data(classNames.optional(), {
    value: "NAME,…",
    role: "result",
    help: "only these classes, in the data's order",
  }),
  fold: data(fold.optional(), {
    value: "I/K",
    role: "result",
    help: "make the splits of the training images: fold I of K is test, the next one valid, the others train",
  }),
  foldSeed: data(integer(0).optional(), {
    value: "N",
    role: "result",
    help: "seed of the folds",
    source: "our choice",
    defaultText: "1",
    absent: 1,
  }),
  persons: data(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "with --fold: a CSV, its first column the image's file, with a column person; nobody is in two folds",
    defaultText: "the persons that the data set names, if it does",
  }),
};

export const trainDataOptions = {
  ...partOptions,
  validLimit: data(integer(1).optional(), { value: "N", role: "result", help: "at most N validation images a class" }),
  paperProtocol: data(flag().default(false), {
    role: "result",
    help: "choose the best epoch on the test split itself, as the paper seems to; its figure is labelled so everywhere",
    source: "our choice",
  }),
  augment: data(choice(augmentations).default("paper"), {
    value: augmentations.join("|"),
    role: "result",
    help: "random crop, flip and erasing",
    source: "paper, section 4; docs/method.md, A step of training",
  }),
  shuffle: data(flag().default(true), {
    role: "result",
    help: "keep the file's order in every epoch",
    source: "docs/method.md, A step of training",
  }),
  sampler: data(registered(samplers).optional(), {
    value: samplers.names.join("|"),
    role: "result",
    help: "each image once an epoch; classes by a root of their images; every class equally often",
    source: "docs/datasets.md",
    defaultText: "uniform; balanced for affectnet-7 and -8",
  }),
};

/** Options that select a part of a data set. */
export const splitOptions = {
  split: data(choice(splitNames).default("valid"), {
    value: splitNames.join("|"),
    role: "result",
    help: "what to score; the test split is read only when it is named",
    source: "our choice",
  }),
};

/** Option for trained prompts. */
export const checkpointOptions = {
  checkpoint: data(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "trained prompts; without it the hard prompts classify, zero-shot",
  }),
};
