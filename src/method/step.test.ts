import { describe, expect, it } from "vitest";
import type { Feeds, Results, Session } from "../graph/runtime/session.ts";
import { runStep, type StepOptions, type TrainingBatch } from "./step.ts";

/** A session implemented by a function, which records its feeds. */
function session(compute: (feeds: Feeds) => Results) {
  const fed: Feeds[] = [];
  const run: Session["run"] = async (feeds) => {
    fed.push(feeds);
    return compute(feeds);
  };
  return { fed, concurrency: 1, run, dispose: async () => undefined };
}

const floats = (...values: number[]) => Float32Array.from(values);
const dot = (a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>) =>
  Array.from(a, Number).reduce((sum, value, i) => sum + value * Number(b[i]), 0);

// Of an image x under a prompt p: L_vt = p·x, so that the gradient of the mean is the mean of x.
const prompts = { "text.context": { shape: [1], data: floats(3) } };
const options: StepOptions = {
  microBatch: 2,
  classes: 2,
  imageValues: 1,
  imageInput: "global",
  losses: { beta: 0.5, gamma: 0, prototypeLoss: "cosine", tau: 1 },
};
const batch: TrainingBatch = {
  size: 3,
  // A loader's array may be longer than its images.
  images: floats(1, 2, 6, 99),
  target: floats(1, 0, 0, 1, 1, 0),
  labels: [0, 1, 0],
};
const whole = () =>
  session(({ weight, global, "text.context": [p] }) => ({
    L_vt: floats(Number(p) * dot(weight, global)),
    "gradient.text.context": floats(dot(weight, global)),
  }));

describe("a step over one session", () => {
  it("sums micro-batches to the batch mean", async () => {
    const { losses, gradients, images } = await runStep({ whole: whole() }, prompts, batch, options);
    expect(images).toBe(3);
    // mean of 1, 2 and 6
    expect(gradients["text.context"][0]).toBeCloseTo(3, 6);
    expect(losses.L_vt).toBeCloseTo(9, 5);
    expect(losses.L_total).toBe(losses.L_vt);
  });

  it("pads the last micro-batch with zeros of weight 0", async () => {
    const only = whole();
    await runStep({ whole: only }, prompts, batch, options);
    expect(only.fed).toHaveLength(2);
    expect(only.fed[0]).toMatchObject({ global: floats(1, 2), weight: floats(1 / 3, 1 / 3) });
    expect(only.fed[1]).toEqual({
      "text.context": floats(3),
      global: floats(6, 0),
      target: floats(1, 0, 0, 0),
      weight: floats(1 / 3, 0),
      labels: BigInt64Array.of(0n, 0n),
    });
  });

  it.each([
    ["L_vt became NaN", { L_vt: floats(Number.NaN), "gradient.text.context": floats(1) }],
    ["L_pa became Infinity", { L_vt: floats(1), L_pa: floats(Number.POSITIVE_INFINITY) }],
    ["the gradient of text.context is not finite", { L_vt: floats(1), "gradient.text.context": floats(Number.NaN) }],
  ])("fails with NUMERIC if %s", async (message, results) => {
    const broken = session(() => ({ "gradient.text.context": floats(0), ...results }));
    const step = runStep({ whole: broken }, prompts, batch, options);
    await expect(step).rejects.toMatchObject({ code: "NUMERIC", message: `${message}. Fix: lower --lr` });
  });
});

describe("a step over the sessions of texts and images", () => {
  const all = { ...prompts, "vision.prompts": { shape: [1], data: floats(5) } };
  // θ = 2·context; L_ta = context; an image's loss is θ·x, and its gradients are x for θ and 10·x for the visual prompt.
  const sessions = () => ({
    texts: session(({ "text.context": [v] }) => ({
      "text.features": floats(2 * Number(v)),
      L_ta: floats(Number(v)),
      "carried.0": floats(7),
    })),
    images: session(({ weight, global, "text.features": [theta] }) => ({
      L_vt: floats(Number(theta) * dot(weight, global)),
      "gradient.text.features": floats(dot(weight, global)),
      "gradient.vision.prompts": floats(10 * dot(weight, global)),
    })),
    // along θ twice, and β from L_ta
    textsBack: session(({ "gradient.text.features": [reached] }) => ({
      "gradient.text.context": floats(2 * Number(reached) + 0.5),
    })),
  });

  it("runs the texts once forward and once backward, with the batch's gradient of θ", async () => {
    const { texts, images, textsBack } = sessions();
    const result = await runStep({ texts, images, textsBack }, all, batch, options);
    expect([texts.fed.length, images.fed.length, textsBack.fed.length]).toEqual([1, 2, 1]);
    expect(images.fed[0]).toMatchObject({ "text.features": floats(6), "vision.prompts": floats(5) });
    expect(images.fed[0]).not.toHaveProperty("text.context");
    expect(textsBack.fed[0]).toMatchObject({ "carried.0": floats(7), "text.context": floats(3) });
    expect(textsBack.fed[0]["gradient.text.features"][0]).toBeCloseTo(3, 6);
    expect(result.gradients["text.context"][0]).toBeCloseTo(6.5, 5);
    expect(result.gradients["vision.prompts"][0]).toBeCloseTo(30, 5);
    // 6·3 + β·3
    expect(result.losses.L_ta).toBe(3);
    expect(result.losses.L_total).toBeCloseTo(19.5, 5);
  });

  it("gives the loss scale to the images and to the texts' backward pass", async () => {
    const { texts, images, textsBack } = sessions();
    await runStep({ texts, images, textsBack }, all, batch, { ...options, lossScale: 1024 });
    for (const { fed } of [images, textsBack]) expect(fed[0]).toMatchObject({ "loss.scale": floats(1024) });
    expect(texts.fed[0]).not.toHaveProperty("loss.scale");
  });
});

describe("a step with a loss scale", () => {
  const scaled = { ...options, lossScale: 65536 };
  const step = (results: Results) => runStep({ whole: session(() => results) }, prompts, { ...batch, size: 2 }, scaled);

  it("tells an overflow by a gradient that is not finite", async () => {
    const good = await step({ L_vt: floats(1), "gradient.text.context": floats(2) });
    expect(good).not.toHaveProperty("hasOverflowed");
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { losses, hasOverflowed } = await step({ L_vt: floats(1), "gradient.text.context": floats(value) });
      expect([losses.L_vt, hasOverflowed]).toEqual([1, true]);
    }
  });

  it("fails with NUMERIC at a loss that is not finite, which no scale would help", async () => {
    await expect(step({ L_vt: floats(Number.NaN), "gradient.text.context": floats(1) })).rejects.toMatchObject({
      code: "NUMERIC",
      message: "L_vt became NaN. Fix: lower --lr, or use --precision fp32",
    });
  });
});
