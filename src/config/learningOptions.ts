/** Options of the optimiser (paper, section 4; docs/method.md, A step of training). */
import { choice, integer, real } from "./kinds.ts";
import { optionGroup } from "./option.ts";

export const training = optionGroup("Training");
const trainingSource = "paper, section 4";

export const schedules = ["cosine", "constant"] as const;

export const batchOptions = {
  batchSize: training(integer(1).default(32), { value: "N", help: "images a step", source: trainingSource }),
};

export const maxStepsOptions = {
  maxSteps: training(integer(1).optional(), { value: "N", help: "stop after N steps" }),
};

export const learningOptions = {
  epochs: training(integer(1).optional(), {
    value: "N",
    help: "passes over the training images",
    source: trainingSource,
    defaultText: "120; 20 for affectnet-7 and -8",
  }),
  ...maxStepsOptions,
  ...batchOptions,
  lr: training(real(0, { open: true }).default(0.032), { value: "X", help: "learning rate", source: trainingSource }),
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
    source: trainingSource,
  }),
};
