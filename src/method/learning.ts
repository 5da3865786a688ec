/** Optimiser, schedule and averaging of a training, from its options. */
import { type Averaging, epochAverage, exponentialAverage } from "./averaging.ts";
import { type Optimiser, type OptimiserState, optimisers, withClippedGradients } from "./optimiser.ts";
import { type Schedule, scheduleOf, schedules, type Warmup, type WarmupName } from "./schedule.ts";

/** Options of learning; an absent one stands for its default. */
export interface LearningConfig {
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: string;
  readonly optimiser?: string | undefined;
  readonly adamBeta2?: number | undefined;
  readonly clipNorm?: number | undefined;
  readonly warmupEpochs?: number | undefined;
  readonly warmup?: WarmupName | undefined;
  readonly warmupLr?: number | undefined;
  readonly ema?: number | undefined;
  readonly averageFrom?: number | undefined;
}

/** Defaults of options that a configuration may lack. */
export const learningDefaults = { optimiser: "sgd", warmup: "constant", warmupLr: 1e-5, adamBeta2: 0.999 } as const;

/** The optimiser of a training, with its gradients clipped if `clipNorm` says so. */
export function optimiserOf(config: LearningConfig): Optimiser<OptimiserState> {
  const { momentum, weightDecay, adamBeta2: beta2 = learningDefaults.adamBeta2, clipNorm } = config;
  const kind = optimisers.get(config.optimiser ?? learningDefaults.optimiser);
  const optimiser = kind.create({ momentum, weightDecay, beta2 });
  return clipNorm === undefined ? optimiser : withClippedGradients(optimiser, clipNorm);
}

/** Length of a training in steps. */
export interface TrainingLength {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** The learning rate of each step of a training. */
export const configuredSchedule = (config: LearningConfig, { steps, stepsPerEpoch }: TrainingLength): Schedule =>
  scheduleOf(schedules.get(config.schedule), config.lr, steps, warmupOf(config, stepsPerEpoch));

/** The average that validation and checkpoints use; without one they use the prompts themselves. */
export function averagingOf({ ema, averageFrom }: Pick<LearningConfig, "ema" | "averageFrom">): Averaging | undefined {
  if (ema !== undefined && ema > 0) return exponentialAverage(ema);
  return averageFrom === undefined ? undefined : epochAverage(averageFrom);
}

function warmupOf(config: LearningConfig, stepsPerEpoch: number): Warmup | undefined {
  const { warmupEpochs = 0, warmup: kind = learningDefaults.warmup, warmupLr: lr = learningDefaults.warmupLr } = config;
  const steps = Math.round(warmupEpochs * stepsPerEpoch);
  return steps === 0 ? undefined : { kind, lr, steps };
}
