/** Options of the optimiser (paper, section 4; docs/method.md, A step of training). */
import { choice, flag, integer, real } from "./kinds.ts";
import { optionGroup } from "./option.ts";

const training = optionGroup("Training");
const settings = "paper, section 4";

export const schedules = ["cosine", "constant"] as const;

export const batchOptions = {
  batchSize: training(integer(1).default(32), { value: "N", help: "images a step", source: settings }),
};

export const maxStepsOptions = {
  maxSteps: training(integer(1).optional(), { value: "N", help: "stop after N steps" }),
};

export const learningOptions = {
  epochs: training(integer(1).optional(), {
    value: "N",
    help: "passes over the training images",
    source: settings,
    defaultText: "120; 20 for affectnet-7 and -8",
  }),
  ...maxStepsOptions,
  ...batchOptions,
  lr: training(real(0, { open: true }).default(0.032), { value: "X", help: "learning rate", source: settings }),
  momentum: training(real(0, { below: 1 }).default(0.9), {
    value: "X",
    help: "of SGD",
    source: "docs/method.md, A step of training",
  }),
  weightDecay: training(real(0).default(5e-4), {
    value: "X",
    help: "of SGD",
    source: "docs/method.md, A step of training",
  }),
  schedule: training(choice(schedules).default("cosine"), {
    value: schedules.join("|"),
    help: "of the learning rate, by step",
    source: settings,
  }),
};

export const benchOptions = {
  steps: training(integer(1).default(10), {
    value: "N",
    help: "steps to time, after one to warm up",
    source: "our choice",
  }),
  work: training(choice(["both", "train", "predict"]).default("both"), {
    value: "both|train|predict",
    help: "what is timed",
    source: "our choice",
  }),
  classes: training(integer(2).default(8), { value: "N", help: "classes of the work", source: "our choice" }),
  profile: training(flag().default(false), { help: "tell the time by operator and by tower as well" }),
};
