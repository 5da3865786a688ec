/** Options of data sets, splits and images. */

import { choice, flag, integer, optionGroup, registered, text } from "../platform/options/option.ts";
import { augmentations } from "./augment.ts";
import { datasets } from "./datasets.node.ts";
import { labelRules } from "./ferplusVotes.ts";
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

export const trainDataOptions = {
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
