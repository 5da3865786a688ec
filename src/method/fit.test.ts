/** The training loop on one prompt w and losses ½·(w − t)², whose steps can be computed by hand. */
import { describe, expect, it } from "vitest";
import { type Averaging, averagedPrompts, epochAverage, exponentialAverage } from "./averaging.ts";
import {
  type EpochRecord,
  type FitState,
  initialState,
  isFinished,
  fit as runLoop,
  type StepRecord,
  type Steps,
} from "./fit.ts";
import { type OptimiserState, sgd } from "./optimiser.ts";
import type { Prompts } from "./prompts.ts";
import { constantSchedule, cosineSchedule, type Schedule, scheduleOf } from "./schedule.ts";

/** Images of one batch, all with the same t. */
interface Batch {
  readonly t: number;
  readonly images: number;
}

/** A validation that can be distinguished from others with the same metrics. */
interface Scored {
  readonly metrics: { readonly accuracy: number; readonly uar: number };
  readonly of: Prompts;
}

interface World {
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

const promptsOf = (w: number): Prompts => ({ w: { shape: [1], data: Float32Array.of(w) } });
const at = ({ w }: Prompts): number => w.data[0];
const batch = (t = 0, images = 1): Batch => ({ t, images });

const parabola: Steps<Batch>["step"] = async (prompts, { t, images }) => ({
  losses: { L: (at(prompts) - t) ** 2 / 2 },
  gradients: { w: Float32Array.of(at(prompts) - t) },
  images,
});

/** Runs the loop from w = 8 or from a state; `calls` lists its actions in order. */
async function run(world: World, from?: FitState<OptimiserState>) {
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

const twice = [
  [batch(), batch()],
  [batch(), batch()],
];

describe("the result", () => {
  const scores: World["scores"] = [
    [0.6, 0.5],
    [0.4, 0.5],
  ];

  it("has the last and the best epoch, each with its prompts", async () => {
    const { last, best, epochs } = await run({ data: twice, scores });
    expect([last?.record, best?.record]).toEqual([epochs[1], epochs[0]]);
    // Each step halves w from 8 on.
    expect([last, best].map((epoch) => epoch && at(epoch.prompts))).toEqual([0.5, 2]);
  });

  it("keeps them when a stop comes later, and has none before the first", async () => {
    const stop = new AbortController();
    const cut = await run({
      data: twice,
      scores,
      signal: stop.signal,
      onStep: ({ step }) => step === 3 && stop.abort(),
    });
    expect(at(cut.final.prompts)).toBe(1);
    expect(cut.last).toEqual(cut.best);
    expect(cut.last && at(cut.last.prompts)).toBe(2);
    const rest = await run({ data: twice, scores, signal: AbortSignal.abort() }, cut.final);
    expect([rest.last, rest.best]).toEqual([undefined, undefined]);
  });
});

describe("order", () => {
  it("is batches, steps and validation in each epoch; a step with lr ½ halves the distance to 0", async () => {
    const { calls, final } = await run({ data: twice });
    expect(calls).toEqual([
      ...["batches 0 from 0", "step at 8", "step 1 of epoch 0 to 4", "step at 4", "step 2 of epoch 0 to 2"],
      ...["validate 2", "end of epoch 0"],
      ...["batches 1 from 0", "step at 2", "step 3 of epoch 1 to 1", "step at 1", "step 4 of epoch 1 to 0.5"],
      ...["validate 0.5", "end of epoch 1"],
    ]);
    expect(final).toMatchObject({ step: 4, epoch: 2, batch: 0, images: 0, sums: {} });
  });

  it("awaits the listener after steps and epochs", async () => {
    const heard: string[] = [];
    const optimiser = sgd({ momentum: 0, weightDecay: 0 });
    const later = async (what: string) => {
      await new Promise((resolve) => setImmediate(resolve));
      heard.push(what);
    };
    await runLoop(initialState(promptsOf(8), optimiser), {
      ...{ optimiser, schedule: scheduleOf(constantSchedule, 0.5, 100), epochs: 1, maxSteps: 9 },
      steps: { batches: () => [batch(), batch()], step: parabola },
      validator: { validate: async () => void heard.push("validation") },
      listener: { onStep: ({ step }) => later(`step ${step}`) },
    });
    expect(heard).toEqual(["step 1", "step 2", "validation"]);
  });
});

it("takes the learning rate of each step from the schedule, over epochs", async () => {
  const rates: number[] = [];
  await run({ data: twice, schedule: scheduleOf(cosineSchedule, 0.4, 4), onStep: ({ lr }) => void rates.push(lr) });
  // 0.2·(1 + cos 0), (1 + cos 45°), (1 + cos 90°), (1 + cos 135°)
  expect(rates.map((lr) => Number(lr.toFixed(6)))).toEqual([0.4, 0.341421, 0.2, 0.058579]);
});

it("passes the optimiser's state from step to step", async () => {
  const { final } = await run({ data: [[batch(), batch()]], momentum: 0.9 });
  // buf = 8, w = 8 − 4; buf = 0.9·8 + 4 = 11.2, w = 4 − 5.6
  expect(at(final.prompts)).toBeCloseTo(-1.6, 6);
  expect(final.optimiser["momentum.w"].data[0]).toBeCloseTo(11.2, 6);
});

it("gives an epoch the mean loss over its images, not over its batches", async () => {
  const { epochs } = await run({ data: [[batch(0, 3), batch(0, 1)], [batch(1, 2)]] });
  // w = 8 for three images, then 4 for one: (3·32 + 8) / 4. In the next epoch w = 2, t = 1: ½.
  expect(epochs.map(({ losses }) => losses)).toEqual([{ L: 26 }, { L: 0.5 }]);
});

describe("resuming", () => {
  // t differs from batch to batch, the momentum and the schedule depend on all steps before.
  const world: World = {
    data: [
      [batch(1, 2), undefined, batch(-3, 1)],
      [batch(5, 2), batch(0, 2), batch(2, 1)],
    ],
    momentum: 0.9,
    schedule: scheduleOf(cosineSchedule, 0.3, 5),
    scores: [
      [0.75, 0.5],
      [0.5, 0.5],
    ],
  };

  it.each([1, 2, 3, 4, 5])("from a stop after step %i reaches the state of an uninterrupted run", async (at) => {
    const whole = await run(world);
    const stop = new AbortController();
    const cut = await run({ ...world, signal: stop.signal, onStep: ({ step }) => step === at && stop.abort() });
    expect(cut.final.step).toBe(at);
    expect(cut.calls.at(-1)).toMatch(`step ${at} of`);
    const rest = await run(world, cut.final);
    expect(rest.final).toEqual(whole.final);
    // An epoch's means count what was seen of it before the stop.
    expect([...cut.epochs, ...rest.epochs].map(({ losses }) => losses)).toEqual(whole.epochs.map((e) => e.losses));
  });

  it("after the last step only validates", async () => {
    const stop = new AbortController();
    const limited = { ...world, maxSteps: 4 };
    const cut = await run({ ...limited, signal: stop.signal, onStep: ({ step }) => step === 4 && stop.abort() });
    const { calls, final } = await run(limited, cut.final);
    expect(calls.map((call) => call.replace(/ .*/, ""))).toEqual(["validate", "end"]);
    expect(final).toMatchObject({ step: 4, epoch: 2, batch: 0 });
  });

  it("from the end does nothing", async () => {
    const { final } = await run(world);
    const again = await run(world, final);
    expect(again.calls).toEqual([]);
    expect(again.final).toBe(final);
  });
});

describe("a batch without a readable image", () => {
  it.each([
    ["found before its step", { data: [[batch(), undefined, batch()]] }],
    [
      "found in its step",
      {
        data: [[batch(), batch(99), batch()]],
        step: (prompts: Prompts, one: Batch) => (one.t === 99 ? Promise.resolve(undefined) : parabola(prompts, one)),
      },
    ],
  ])("%s counts as a batch, and as no step", async (_, world) => {
    const stop = new AbortController();
    const cut = await run({ ...world, signal: stop.signal, onStep: ({ step }) => step === 2 && stop.abort() });
    expect(cut.final).toMatchObject({ step: 2, batch: 3, images: 2 });
    expect(at(cut.final.prompts)).toBe(2);
  });

  it("leaves the prompts unchanged in an epoch without other batches, which is still validated", async () => {
    const { final, epochs } = await run({ data: [[undefined, undefined]] });
    expect(at(final.prompts)).toBe(8);
    expect(epochs).toMatchObject([{ epoch: 0, step: 0, losses: {} }]);
  });
});

describe("stopping", () => {
  it("before the first step does nothing", async () => {
    const { calls, final } = await run({ data: twice, signal: AbortSignal.abort() });
    expect(calls).toEqual([]);
    expect(final).toMatchObject({ step: 0, epoch: 0 });
  });

  it("in a step ends after it, without a validation", async () => {
    const stop = new AbortController();
    const step: World["step"] = (prompts, one) => {
      stop.abort();
      return parabola(prompts, one);
    };
    const { calls, final } = await run({ data: twice, signal: stop.signal, step });
    expect(calls).toEqual(["batches 0 from 0", "step at 8", "step 1 of epoch 0 to 4"]);
    expect(final).toMatchObject({ step: 1, epoch: 0, batch: 1 });
  });

  it("by the epoch listener ends after that epoch", async () => {
    const stop = new AbortController();
    const { final } = await run({ data: twice, signal: stop.signal, onEpoch: () => stop.abort() });
    expect(final).toMatchObject({ step: 2, epoch: 1, batch: 0, best: { epoch: 0 } });
  });

  it("during a validation discards and repeats it", async () => {
    const cut = await run({ data: twice, scores: [undefined] });
    expect(cut.calls.at(-1)).toBe("validate 2");
    expect(cut.final).toMatchObject({ step: 2, epoch: 0, batch: 2 });
    expect(cut.final.best).toBeUndefined();
    const { calls } = await run({ data: twice }, cut.final);
    expect(calls.slice(0, 4)).toEqual(["batches 0 from 2", "validate 2", "end of epoch 0", "batches 1 from 0"]);
  });

  it("during a validation that still completes does the same", async () => {
    const stop = new AbortController();
    const { final, calls } = await run({ data: twice, signal: stop.signal, onValidate: () => stop.abort() });
    expect(calls.at(-1)).toBe("validate 2");
    expect(final).toMatchObject({ step: 2, epoch: 0, batch: 2 });
  });

  it.each([
    [1, { step: 1, epoch: 1, batch: 0 }],
    [2, { step: 2, epoch: 1, batch: 0 }],
    [3, { step: 3, epoch: 2, batch: 0 }],
  ])("at the limit of %i steps validates the incomplete epoch", async (maxSteps, end) => {
    const { final, calls } = await run({ data: twice, maxSteps });
    expect(final).toMatchObject(end);
    expect(calls.at(-1)).toBe(`end of epoch ${end.epoch - 1}`);
  });
});

describe("validations", () => {
  it("are passed on complete", async () => {
    const { epochs, final } = await run({ data: [[batch()]] });
    expect(epochs[0].validation.of).toBe(final.prompts);
  });

  it.each([
    { chosen: "the higher accuracy", accuracies: [0.5, 0.6, 0.4], uars: [0.9, 0.1, 0.9], best: 1 },
    { chosen: "of equal accuracy the higher UAR", accuracies: [0.5, 0.5, 0.5], uars: [0.2, 0.1, 0.3], best: 2 },
    { chosen: "of equal figures the earlier", accuracies: [0.5, 0.5, 0.5], uars: [0.5, 0.5, 0.5], best: 0 },
    { chosen: "the first, however bad", accuracies: [0, 0, 0], uars: [0, 0, 0], best: 0 },
  ])("choose $chosen", async ({ accuracies, uars, best }) => {
    const scores = accuracies.map((accuracy, i): [number, number] => [accuracy, uars[i]]);
    const { final, epochs } = await run({ data: [[batch()], [batch()], [batch()]], scores });
    expect(final.best).toEqual({ epoch: best, accuracy: accuracies[best], uar: uars[best] });
    expect(epochs.findLast(({ isBest }) => isBest)?.epoch).toBe(best);
  });
});

describe("an average of the prompts", () => {
  it("by decay is validated in place of the prompts, which the steps go on from", async () => {
    const { calls, final } = await run({ data: twice, averaging: exponentialAverage(0.5) });
    // w = 4, 2, 1, 0.5; a = 4, 3, 2, 1.25
    expect(calls.filter((call) => call.startsWith("validate"))).toEqual(["validate 3", "validate 1.25"]);
    expect(at(final.prompts)).toBe(0.5);
    expect(at(averagedPrompts(final))).toBe(1.25);
  });

  it("by epochs starts with its first epoch", async () => {
    const { calls, final } = await run({ data: [...twice, [batch()]], averaging: epochAverage(2) });
    // w = 2, 0.5, 0.25 at the ends of the epochs
    expect(calls.filter((call) => call.startsWith("validate"))).toEqual([
      "validate 2",
      "validate 0.5",
      "validate 0.375",
    ]);
    expect(final.average?.count).toBe(2);
  });

  it.each([exponentialAverage(0.5), epochAverage(1)])(
    "($name) does not change by a repeated validation",
    async (averaging) => {
      const whole = await run({ data: twice, averaging });
      const cut = await run({ data: twice, averaging, scores: [undefined] });
      const { final } = await run({ data: twice, averaging }, cut.final);
      expect(final).toEqual(whole.final);
    },
  );
});

describe("patience", () => {
  const data = Array.from({ length: 6 }, () => [batch()]);
  const scores = [0.5, 0.6, 0.6, 0.5, 0.7, 0.8].map((accuracy): [number, number] => [accuracy, 0.5]);

  it.each([
    [1, 3],
    [2, 4],
    [3, 6],
    [undefined, 6],
  ])("%s ends the training after epoch %i", async (patience, last) => {
    const { final, calls } = await run({ data, scores, patience });
    expect(final.epoch).toBe(last);
    expect(calls.at(-1)).toBe(`end of epoch ${last - 1}`);
  });

  it("has an end that a resumed run stays at", async () => {
    const { final } = await run({ data, scores, patience: 2 });
    const again = await run({ data, scores, patience: 2 }, final);
    expect(again.calls).toEqual([]);
  });
});

describe("values that are not finite", () => {
  it("are rejected with the name of the tensor", async () => {
    const heard: number[] = [];
    const world: World = {
      data: twice,
      schedule: (step) => (step === 0 ? 0.5 : 3e38),
      onStep: ({ step }) => void heard.push(step),
    };
    await expect(run(world)).rejects.toMatchObject({
      code: "NUMERIC",
      message: "w is not finite after the update. Fix: lower --lr",
    });
    expect(heard).toEqual([1]);
  });
});

it.each([
  [{ epoch: 2, step: 4, batch: 0 }, true],
  [{ epoch: 1, step: 3, batch: 1 }, false],
  // The last step is done, its epoch is not validated.
  [{ epoch: 1, step: 5, batch: 2 }, false],
  [{ epoch: 1, step: 5, batch: 0 }, true],
])("whether %j ends a training of two epochs and five steps: %s", (progress, expected) => {
  expect(isFinished({ ...progress, images: 0, sums: {} }, { epochs: 2, maxSteps: 5 })).toBe(expected);
});

describe("with a loss scale", () => {
  /** Overflows in the first two batches, wherever the run began. */
  const overflowing = (scales: (number | undefined)[]): Steps<Batch> => ({
    batches: (_, from) => [batch(100), batch(100), batch(), batch()].slice(from),
    step: async (prompts, one, scale) => {
      scales.push(scale);
      const result = await parabola(prompts, one);
      return result && { ...result, ...(one.t === 100 && { hasOverflowed: true as const }) };
    },
  });
  const loop = async (from: FitState<OptimiserState>, maxSteps: number) => {
    const [scales, records]: [(number | undefined)[], StepRecord[]] = [[], []];
    const { state: final } = await runLoop<Batch, Scored, OptimiserState>(from, {
      ...{ optimiser, schedule: scheduleOf(constantSchedule, 0.5, 4), epochs: 1, maxSteps, steps: overflowing(scales) },
      validator: { validate: async () => undefined },
      listener: {
        onStep: (record) => {
          records.push(record);
        },
      },
    });
    return { scales, records, final };
  };
  const optimiser = sgd({ momentum: 0.5, weightDecay: 0 });
  const start = () => initialState(promptsOf(8), optimiser, { scale: 1024, good: 0, skipped: 0 });

  it("skips steps that overflow: prompts and momentum stay, the scale halves, the step counts", async () => {
    const { scales, records, final } = await loop(start(), 4);
    expect(scales).toEqual([1024, 512, 256, 256]);
    expect(records.map(({ step, skipped, lossScale }) => [step, skipped, lossScale])).toEqual([
      [1, true, 1024],
      [2, true, 512],
      [3, undefined, 256],
      [4, undefined, 256],
    ]);
    // Two steps from 8 with momentum ½: 8 − ½·8 = 4, then 4 − ½·(½·8 + 4) = 0.
    expect([at(final.prompts), final.optimiser["momentum.w"].data[0]]).toEqual([0, 8]);
    expect(final.lossScale).toEqual({ scale: 256, good: 2, skipped: 2 });
  });

  it("goes on from a state between steps to the same bits", async () => {
    const [whole, part] = [await loop(start(), 4), await loop(start(), 1)];
    expect(part.final.lossScale).toEqual({ scale: 512, good: 0, skipped: 1 });
    const { final } = await loop(structuredClone(part.final), 4);
    expect(final).toEqual(whole.final);
  });
});
