/** Baselines against scikit-learn's and PyTorch's values (tools/fixtures/baselines.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { fixtures } from "../../../test/parity.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import { gradient } from "../../graph/gradient.ts";
import { toOnnx } from "../../graph/onnx.ts";
import { l2Normalise } from "../../graph/ops/index.ts";
import { openSession } from "../../graph/runtime/session.node.ts";
import { constant, input, parameter, type Tensor } from "../../graph/tensor.ts";
import { gradientName } from "../graphs.ts";
import { knowledgeTerm } from "../losses.ts";
import { adamw } from "../optimiser.ts";
import type { Prompts } from "../prompts.ts";
import { cosineSchedule, scheduleOf } from "../schedule.ts";
import { oneHotRows } from "./baseline.ts";
import { tensorStep } from "./learnTensors.ts";
import { logisticRegression, searchStrength } from "./linearProbe.ts";
import { keyLoss, tipAdapter } from "./tipAdapter.ts";
import { zeroShot } from "./zeroShot.ts";

const numbers = z.array(z.number());
const rows = z.array(numbers);
const fixture = z
  .object({
    probe: z.object({
      ...{ features: rows, labels: numbers, classes: z.number() },
      fits: z.array(z.object({ strength: z.number(), weight: rows, bias: numbers })),
    }),
    tip: z.object({
      ...{ features: rows, keys: rows, values: numbers, theta: rows, labels: numbers, logits: rows },
      ...{ scale: z.number(), alpha: z.number(), beta: z.number(), lr: z.number(), steps: z.number() },
      ...{ losses: numbers, after: z.array(rows) },
    }),
    kgcoop: z.object({ soft: rows, hard: rows, loss: z.number(), score: z.number(), gradient: rows }),
  })
  .parse(JSON.parse(readFileSync(join(fixtures, "baselines", "baselines.json"), "utf8")));

const floats = (values: readonly (readonly number[])[]) => Float32Array.from(values.flat());
const matrix = (values: readonly (readonly number[])[]) => ({
  shape: [values.length, values[0].length],
  data: floats(values),
});

/** The largest difference, relative to the largest of the expected values. */
function difference(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(found[i] - value)));
  return worst / Math.max(...expected.map(Math.abs));
}

async function valuesOf(outputs: Readonly<Record<string, Tensor>>, feeds: Readonly<Record<string, Float32Array>>) {
  const session = await openSession(toOnnx(outputs));
  const found = await session.run(feeds);
  await session.dispose();
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, Array.from(values, Number)]));
}

it.each(fixture.probe.fits)("the linear probe is scikit-learn's LogisticRegression to 1e-5, λ $strength", (fitted) => {
  const { features, labels, classes } = fixture.probe;
  const { strength, weight, bias } = fitted;
  const limits = { tolerance: 1e-10, maxIterations: 10_000 };
  const found = logisticRegression({ features: floats(features), labels }, classes, { strength, ...limits });
  expect(difference(found, [...weight.flat(), ...bias])).toBeLessThan(1e-5);
});

it("λ is searched down to 8 steps a decade, and a tie goes to the stronger penalty", async () => {
  const tried: number[] = [];
  const peakAt = (exponent: number) => async (strength: number) => {
    tried.push(strength);
    return { parameters: new Float64Array(), accuracy: -Math.abs(Math.log10(strength) - exponent) };
  };
  expect(Math.log10((await searchStrength(peakAt(-1.125))).strength)).toBeCloseTo(-1.125, 10);
  expect(tried.length).toBeLessThanOrEqual(7 + 2 * 4);
  const tied = await searchStrength(async () => ({ parameters: new Float64Array(), accuracy: 1 }));
  expect(tied.strength).toBeCloseTo(1e6, 3);
});

const { tip } = fixture;
const model = {
  tensors: {
    keys: matrix(tip.keys),
    values: oneHotRows(tip.values, tip.theta.length),
    theta: matrix(tip.theta),
  },
  settings: { scale: tip.scale, alpha: tip.alpha, beta: tip.beta },
  parameters: 0,
};
const global = input("global", [tip.features.length, tip.features[0].length]);

it("the logits of Tip-Adapter are PyTorch's to 1e-5, and without its cache those of zero-shot CLIP", async () => {
  const task = { ...(await openBackbone(join(fixtures, "tiny-clip"))), classes: [] };
  const without = { ...model, settings: { ...model.settings, alpha: 0 } };
  const outputs = {
    tip: tipAdapter.logits(model, global, task),
    without: tipAdapter.logits(without, global, task),
    zero: zeroShot.logits(model, global, task),
  };
  const found = await valuesOf(outputs, { global: floats(tip.features) });
  expect(difference(found.tip, tip.logits.flat())).toBeLessThan(1e-5);
  expect(difference(found.zero, tip.logits.flat())).toBeGreaterThan(1e-3);
  expect(found.without).toEqual(found.zero);
});

it("the keys of Tip-Adapter-F after each of eight steps are PyTorch's to 1e-4", async () => {
  const name = "adapter.keys";
  const optimiser = adamw({ momentum: 0.9, weightDecay: 0.01, epsilon: 1e-4 });
  const schedule = scheduleOf(cosineSchedule, tip.lr, tip.steps);
  const { clip } = await openBackbone(join(fixtures, "tiny-clip"));
  const training = { initial: { [name]: model.tensors.keys }, loss: keyLoss(model) };
  const session = await openSession(toOnnx(tensorStep(clip, training, global, tip.theta.length)));
  const n = tip.labels.length;
  const batch = {
    global: floats(tip.features),
    target: oneHotRows(tip.labels, tip.theta.length).data,
    weight: new Float32Array(n).fill(1 / n),
  };
  let prompts: Prompts = { [name]: model.tensors.keys };
  let state = optimiser.init(prompts);
  for (const [step, after] of tip.after.entries()) {
    const found = await session.run({ ...batch, [name]: prompts[name].data });
    expect(difference(Array.from(found.L_vt, Number), [tip.losses[step]])).toBeLessThan(1e-4);
    const gradients = { [name]: Float32Array.from(found[gradientName(name)], Number) };
    ({ prompts, state } = optimiser.update(prompts, gradients, state, schedule(step)));
    expect(difference(prompts[name].data, after.flat())).toBeLessThan(1e-4);
  }
  await session.dispose();
  // The keys must have moved by much more than the tolerance.
  expect(difference(model.tensors.keys.data, tip.after[tip.steps - 1].flat())).toBeGreaterThan(1e-3);
});

it("L_kg of KgCoOp and its gradient are PyTorch's to 1e-5, twice the released score", async () => {
  const { soft, hard, loss, score, gradient: expected } = fixture.kgcoop;
  const { shape, data } = matrix(hard);
  const learned = parameter("soft", shape);
  const features = (prompt: Tensor) => ({ prompt, token: prompt });
  const options = { beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 1 } as const;
  const term = knowledgeTerm.ofTexts?.(
    { soft: features(l2Normalise(learned)), hard: features(l2Normalise(constant(data, shape))) },
    options,
  );
  if (term === undefined) throw new Error("there is no loss");
  const found = await valuesOf({ loss: term, gradient: gradient(term, [learned])[0] }, { soft: floats(soft) });
  expect(difference(found.loss, [loss])).toBeLessThan(1e-5);
  expect(difference(found.loss, [2 * score])).toBeLessThan(1e-5);
  expect(difference(found.gradient, expected.flat())).toBeLessThan(1e-5);
});
