/** Optimisers, schedules, averages and losses against PyTorch's (tools/fixtures/learning.py). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { gradient } from "../graph/gradient.ts";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { constant, parameter } from "../graph/tensor.ts";
import { epochAverage, exponentialAverage, nextAverage } from "./averaging.ts";
import { optimiserOf } from "./learning.ts";
import { imageTextTerm, type LossOptions } from "./losses.ts";
import type { Prompts } from "./prompts.ts";
import { scheduleOf, schedules, warmupNames } from "./schedule.ts";
import { batchFeeds } from "./step.ts";

const numbers = z.array(z.number());
const tensors = z.record(z.string(), numbers);
const fixture = z
  .object({
    optimisers: z.array(
      z.object({
        name: z.string(),
        options: z.object({ momentum: z.number(), weightDecay: z.number(), beta2: z.number() }),
        ...{ lr: z.number(), clip: z.number().nullable(), start: tensors },
        ...{ gradients: z.array(tensors), after: z.array(tensors) },
      }),
    ),
    schedules: z.array(
      z.object({
        ...{ schedule: z.string(), lr: z.number(), steps: z.number(), rates: numbers },
        warmup: z.object({ kind: z.enum(warmupNames), lr: z.number(), steps: z.number() }).nullable(),
      }),
    ),
    averages: z.array(z.object({ decay: z.number().nullable(), values: z.array(numbers), after: z.array(numbers) })),
    losses: z.array(
      z.object({
        ...{ smoothing: z.number(), weights: numbers.nullable(), logits: z.array(numbers), labels: numbers },
        ...{ loss: z.number(), gradient: z.array(numbers) },
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../test/fixtures/learning/learning.json", import.meta.url), "utf8")));

const floats = (values: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(Object.entries(values).map(([name, data]) => [name, Float32Array.from(data)]));
const prompts = (values: Readonly<Record<string, readonly number[]>>): Prompts =>
  Object.fromEntries(Object.entries(floats(values)).map(([name, data]) => [name, { shape: [data.length], data }]));

/** The largest difference, relative to the largest of the expected values. */
function difference(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(found[i] - value)));
  return worst / Math.max(...expected.map(Math.abs));
}

describe("parameters after each of twelve steps in single precision are PyTorch's in double precision to 1e-6", () => {
  it.each(fixture.optimisers)("$name, lr $lr, gradients clipped to $clip", ({ name, options, lr, clip, ...run }) => {
    const { beta2: adamBeta2, ...rest } = options;
    const clipNorm = clip ?? undefined;
    const optimiser = optimiserOf({ ...rest, adamBeta2, lr, schedule: "constant", optimiser: name, clipNorm });
    let now = prompts(run.start);
    let state = optimiser.init(now);
    for (const [step, gradients] of run.gradients.entries()) {
      ({ prompts: now, state } = optimiser.update(now, floats(gradients), state, lr));
      const all = Object.keys(run.start).flatMap((key) => Array.from(now[key].data));
      expect(difference(all, Object.values(run.after[step]).flat())).toBeLessThan(1e-6);
    }
  });
});

describe("the learning rate of each step is PyTorch's to 1e-12", () => {
  it.each(fixture.schedules)(
    "$schedule over $steps steps, warm-up $warmup",
    ({ schedule, lr, steps, warmup, rates }) => {
      const rate = scheduleOf(schedules.get(schedule), lr, steps, warmup ?? undefined);
      expect(
        difference(
          rates.map((_, step) => rate(step)),
          rates,
        ),
      ).toBeLessThan(1e-12);
    },
  );
});

describe("averages are those of PyTorch's AveragedModel to 1e-6", () => {
  it.each(fixture.averages)("decay $decay", ({ decay, values, after }) => {
    const averaging = decay === null ? epochAverage(1) : exponentialAverage(decay);
    let average: ReturnType<typeof nextAverage>;
    for (const [step, value] of values.entries()) {
      average = nextAverage(averaging, averaging.every, step, { average, prompts: prompts({ w: value }) });
      expect(difference(average?.prompts.w.data ?? [], after[step])).toBeLessThan(1e-6);
    }
  });
});

describe("L_vt and its gradient are F.cross_entropy's to 1e-5", () => {
  it.each(fixture.losses)("smoothing $smoothing, weights $weights", async ({ smoothing, weights, ...expected }) => {
    const [images, classes] = [expected.labels.length, expected.logits[0].length];
    const options: LossOptions = {
      ...{ beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 1, labelSmoothing: smoothing },
      ...(weights && { classWeights: weights }),
    };
    const target = Float32Array.from(expected.labels.flatMap((label) => oneHot(label, classes)));
    const logits = parameter("logits", [images, classes]);
    const classScale = batchFeeds(target, images, options)["class.scale"];
    const none = constant(new Float32Array(classes), [1, classes]);
    const loss = imageTextTerm.ofImages?.(
      {
        logits,
        target: constant(target, [images, classes]),
        weight: constant(new Float32Array(images).fill(1 / images), [images, 1]),
        ...(classScale && { classScale: constant(Float32Array.from(classScale, Number), [1]) }),
        ...{ global: none, theta: none },
      },
      options,
    );
    if (loss === undefined) throw new Error("there is no loss");
    const session = await openSession(toOnnx({ loss, gradient: gradient(loss, [logits])[0] }));
    const found = await session.run({ logits: Float32Array.from(expected.logits.flat()) });
    await session.dispose();
    expect(difference(Array.from(found.loss, Number), [expected.loss])).toBeLessThan(1e-5);
    expect(difference(Array.from(found.gradient, Number), expected.gradient.flat())).toBeLessThan(1e-5);
  });
});

const oneHot = (label: number, classes: number): number[] =>
  Array.from({ length: classes }, (_, c) => (c === label ? 1 : 0));
