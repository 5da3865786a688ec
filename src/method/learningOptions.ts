/** Options of a training: batches, optimiser, schedule, averages, and when it stops. */
import type { z } from "zod";
import { choice, integer, optionGroup, real, registered } from "../platform/options/option.ts";
import { learningDefaults } from "./learning.ts";
import { optimisers } from "./optimiser.ts";
import { schedules, warmupNames } from "./schedule.ts";

const trainingOptionsSource = "docs/method.md, Training options";

export const training = optionGroup("Training");
const trainingSource = "paper, section 4";

export const batchOptions = {
  batchSize: training(integer(1).default(32), {
    value: "N",
    role: "result",
    help: "images a step",
    source: trainingSource,
  }),
};

export const maxStepsOptions = {
  maxSteps: training(integer(1).optional(), { value: "N", role: "result", help: "stop after N steps" }),
};

export const learningOptions = {
  epochs: training(integer(1).optional(), {
    value: "N",
    role: "result",
    help: "passes over the training images",
    source: trainingSource,
    defaultText: "120; 20 for affectnet-7 and -8",
  }),
  ...maxStepsOptions,
  ...batchOptions,
  lr: training(real(0, { open: true }).default(0.032), {
    value: "X",
    role: "result",
    help: "learning rate",
    source: trainingSource,
  }),
  optimiser: training(registered(optimisers).optional(), {
    value: optimisers.names.join("|"),
    role: "result",
    help: "AdamW needs another --lr than SGD, such as 1e-3",
    source: "docs/method.md, A step of training",
    defaultText: learningDefaults.optimiser,
    absent: learningDefaults.optimiser,
  }),
  momentum: training(real(0, { below: 1 }).default(0.9), {
    value: "X",
    role: "result",
    help: "of SGD; β1 of AdamW",
    source: "docs/method.md, A step of training",
  }),
  weightDecay: training(real(0).default(5e-4), {
    value: "X",
    role: "result",
    help: "of the optimiser",
    source: "docs/method.md, A step of training",
  }),
  adamBeta2: training(real(0, { below: 1 }).optional(), {
    value: "X",
    role: "result",
    help: "β2 of AdamW",
    source: trainingOptionsSource,
    defaultText: String(learningDefaults.adamBeta2),
    absent: learningDefaults.adamBeta2,
  }),
  schedule: training(registered(schedules).default("cosine"), {
    value: schedules.names.join("|"),
    role: "result",
    help: "of the learning rate, by step",
    source: trainingSource,
  }),
  warmupEpochs: training(real(0).optional(), {
    value: "N",
    role: "result",
    help: "epochs before the schedule starts, which then takes the rest of the steps",
    source: trainingOptionsSource,
    defaultText: "0",
    absent: 0,
  }),
  warmup: training(choice(warmupNames).optional(), {
    value: warmupNames.join("|"),
    role: "result",
    help: "learning rate of those epochs: --warmup-lr, or from it up to --lr",
    source: trainingOptionsSource,
    defaultText: learningDefaults.warmup,
    absent: learningDefaults.warmup,
  }),
  warmupLr: training(real(0).optional(), {
    value: "X",
    role: "result",
    help: "learning rate that the warm-up starts from",
    source: trainingOptionsSource,
    defaultText: String(learningDefaults.warmupLr),
    absent: learningDefaults.warmupLr,
  }),
  clipNorm: training(real(0, { open: true }).optional(), {
    value: "X",
    role: "result",
    help: "clip the gradients of a step to this norm over all prompts",
    source: trainingOptionsSource,
    defaultText: "no clipping",
  }),
  mixup: training(real(0).optional(), {
    value: "X",
    role: "result",
    help: "α of mixup: blend images and targets of a batch by a share of Beta(α, α)",
    source: trainingOptionsSource,
    defaultText: "0, no mixup",
    absent: 0,
  }),
  ema: training(real(0, { below: 1 }).optional(), {
    value: "X",
    role: "result",
    help: "decay of an exponential moving average of the prompts; it is validated and saved in their place",
    source: trainingOptionsSource,
    defaultText: "0, no average",
    absent: 0,
  }),
  averageFrom: training(integer(1).optional(), {
    value: "N",
    role: "result",
    help: "validate and save the mean of the prompts at the ends of the epochs from N",
    source: trainingOptionsSource,
    defaultText: "no average",
  }),
  patience: training(integer(1).optional(), {
    value: "N",
    role: "result",
    help: "end the training after N epochs without a better validation",
    source: trainingOptionsSource,
    defaultText: "train all epochs",
  }),
};

/** Options of learning that may depend on each other. */
export type GivenLearning = Readonly<
  Partial<Record<"warmupEpochs" | "warmup" | "warmupLr" | "optimiser" | "adamBeta2" | "ema" | "averageFrom", unknown>>
>;

/** Reports options of learning without effect or that exclude each other as issues. */
export function checkLearning(given: GivenLearning, context: z.core.$RefinementCtx): void {
  const issue = (option: keyof GivenLearning, message: string) =>
    context.addIssue({ code: "custom", path: [option], message, input: given[option] });
  const { warmupEpochs = 0, optimiser = learningDefaults.optimiser, ema = 0 } = given;
  for (const option of ["warmup", "warmupLr"] as const) {
    if (given[option] !== undefined && warmupEpochs === 0) issue(option, "must go with --warmup-epochs");
  }
  if (given.adamBeta2 !== undefined && optimiser === "sgd") issue("adamBeta2", "must go with --optimiser adamw");
  if (given.averageFrom !== undefined && ema !== 0) issue("averageFrom", "must be left out with --ema");
}
