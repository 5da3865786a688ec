/** The training loop on one prompt w and losses ½·(w − t)², whose steps can be computed by hand. */
import type { Averaging } from "../src/method/averaging.ts";
import { type EpochRecord, type FitState, initialState, fit as runLoop, type StepRecord } from "../src/method/fit.ts";
import { type OptimiserState, sgd } from "../src/method/optimiser.ts";
import type { Prompts } from "../src/method/prompts.ts";
import { constantSchedule, type Schedule, scheduleOf } from "../src/method/schedule.ts";
import type { Steps } from "../src/method/step.ts";

/** Images of one batch, all with the same t. */
export interface Batch {
  readonly t: number;
  readonly images: number;
}

/** A validation that can be distinguished from others with the same metrics. */
export interface Scored {
  readonly metrics: { readonly accuracy: number; readonly uar: number };
  readonly of: Prompts;
}

/** Data, settings and events of a training in a test. */
export interface World {
  /** each epoch's; `undefined` is one without a readable image */
  readonly data: readonly (readonly (Batch | undefined)[])[];
  readonly momentum?: number;
  readonly schedule?: Schedule;
  readonly maxSteps?: number;
  readonly averaging?: Averaging;
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** accuracy and UAR of each epoch's validation; `undefined`: it is cut short */
  readonly scores?: readonly ([accuracy: number, uar: number] | undefined)[];
  step?(prompts: Prompts, batch: Batch): ReturnType<Steps<Batch>["step"]>;
  onStep?(record: StepRecord): void;
  onValidate?(): void;
  onEpoch?(record: EpochRecord<Scored>): void;
}

export const promptsOf = (w: number): Prompts => ({ w: { shape: [1], data: Float32Array.of(w) } });
export const at = ({ w }: Prompts): number => w.data[0];
export const batch = (t = 0, images = 1): Batch => ({ t, images });

export const parabola: Steps<Batch>["step"] = async (prompts, { t, images }) => ({
  losses: { L: (at(prompts) - t) ** 2 / 2 },
  gradients: { w: Float32Array.of(at(prompts) - t) },
  images,
});

/** Runs the loop from w = 8 or from a state; `calls` lists its actions in order. */
export async function run(world: World, from?: FitState<OptimiserState>) {
  const {
    data,
    momentum = 0,
    averaging,
    patience,
    schedule = scheduleOf(constantSchedule, 0.5, 100),
    maxSteps = 100,
    signal,
    scores = [],
  } = world;
  const calls: string[] = [];
  const epochs: EpochRecord<Scored>[] = [];
  const optimiser = sgd({ momentum, weightDecay: 0 });
  let validations = from?.epoch ?? 0;
  const {
    state: final,
    last,
    best,
  } = await runLoop<Batch, Scored, OptimiserState>(from ?? initialState(promptsOf(8), optimiser), {
    ...{ optimiser, schedule, averaging, epochs: data.length, maxSteps, patience, signal },
    steps: {
      batches: (epoch, first) => {
        calls.push(`batches ${epoch} from ${first}`);
        return data[epoch].slice(first);
      },
      step: (prompts, one) => {
        calls.push(`step at ${at(prompts)}`);
        return (world.step ?? parabola)(prompts, one);
      },
    },
    validator: {
      validate: async (of) => {
        calls.push(`validate ${at(of)}`);
        world.onValidate?.();
        const [score] = scores.length === 0 ? [[0.5, 0.5] as const] : scores.slice(validations++);
        return score && { metrics: { accuracy: score[0], uar: score[1] }, of };
      },
    },
    listener: {
      onStep: (record, state) => {
        calls.push(`step ${record.step} of epoch ${record.epoch} to ${at(state.prompts)}`);
        world.onStep?.(record);
      },
      onEpoch: (record) => {
        calls.push(`end of epoch ${record.epoch}`);
        epochs.push(record);
        world.onEpoch?.(record);
      },
    },
  });
  return { final, last, best, calls, epochs };
}

/** Two epochs of two batches. */
export const twice = [
  [batch(), batch()],
  [batch(), batch()],
];
