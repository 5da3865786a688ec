/** The training loop: order, records, validations, averages and its end. */
import { describe, expect, it } from "vitest";
import { at, batch, parabola, promptsOf, run, twice, type World } from "../../test/fitOfOnePrompt.ts";
import { averagedPrompts, epochAverage, exponentialAverage } from "./averaging.ts";
import { initialState, isFinished, fit as runLoop } from "./fit.ts";
import { sgd } from "./optimiser.ts";
import { constantSchedule, cosineSchedule, scheduleOf } from "./schedule.ts";

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

it.each([
  [{ epoch: 2, step: 4, batch: 0 }, true],
  [{ epoch: 1, step: 3, batch: 1 }, false],
  // The last step is done, its epoch is not validated.
  [{ epoch: 1, step: 5, batch: 2 }, false],
  [{ epoch: 1, step: 5, batch: 0 }, true],
])("whether %j ends a training of two epochs and five steps: %s", (progress, expected) => {
  expect(isFinished({ ...progress, images: 0, sums: {} }, { epochs: 2, maxSteps: 5 })).toBe(expected);
});
