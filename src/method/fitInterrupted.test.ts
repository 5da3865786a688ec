/** The training loop where it is interrupted: stops and resumes, unreadable batches, overflows and failures. */
import { describe, expect, it } from "vitest";
import {
  at,
  type Batch,
  batch,
  parabola,
  promptsOf,
  run,
  type Scored,
  twice,
  type World,
} from "../../test/fitOfOnePrompt.ts";
import {
  type FitListener,
  type FitParts,
  type FitState,
  initialState,
  fit as runLoop,
  type StepRecord,
} from "./fit.ts";
import { type OptimiserState, sgd } from "./optimiser.ts";
import type { Prompts } from "./prompts.ts";
import { constantSchedule, cosineSchedule, scheduleOf } from "./schedule.ts";
import type { Steps } from "./step.ts";

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

describe("a failure", () => {
  const optimiser = sgd({ momentum: 0, weightDecay: 0 });
  const parts = (listener: FitListener<Scored, OptimiserState>): FitParts<Batch, Scored, OptimiserState> => ({
    ...{ optimiser, schedule: scheduleOf(constantSchedule, 0.5, 100), epochs: 1, maxSteps: 9, listener },
    steps: { batches: () => [batch(), undefined, batch(99)], step: failsAt99 },
    validator: { validate: async () => undefined },
  });
  const failsAt99: Steps<Batch>["step"] = async (prompts, one) => {
    if (one.t === 99) throw new Error("lost");
    return parabola(prompts, one);
  };
  const start = () => initialState(promptsOf(8), optimiser);

  it("is thrown as the listener returns it, which gets the last state", async () => {
    const heard: unknown[] = [];
    const onFailure = async (error: unknown, { step, batch: done, prompts }: FitState<OptimiserState>) => {
      heard.push([step, done, at(prompts), error instanceof Error && error.message]);
      return new Error("lost after step 1");
    };
    await expect(runLoop(start(), parts({ onFailure }))).rejects.toThrow("lost after step 1");
    expect(heard).toEqual([[1, 2, 4, "lost"]]);
  });

  it("in the listener comes with the state that it was told", async () => {
    const told: FitState<OptimiserState>[] = [];
    const onStep = (_: StepRecord, state: FitState<OptimiserState>) => {
      told.push(state);
      throw new Error("the disk is full");
    };
    const onFailure = (error: unknown, state: FitState<OptimiserState>) => {
      told.push(state);
      return error;
    };
    await expect(runLoop(start(), parts({ onStep, onFailure }))).rejects.toThrow("the disk is full");
    expect(told).toHaveLength(2);
    expect(told[1]).toBe(told[0]);
  });

  it("is thrown as it is without such a listener", async () => {
    await expect(runLoop(start(), parts({}))).rejects.toThrow("lost");
  });
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
