/** Each loss of the paper's section 3 against values computed by hand: 2 classes, E = 2, cosines of 3-4-5 triangles. */
import { describe, expect, it, onTestFinished } from "vitest";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { constant, scalar, type Tensor } from "../graph/tensor.ts";
import {
  alignmentLoss,
  extraWeights,
  type ImageLossInputs,
  imageTerms,
  imageTextLoss,
  lossTerms,
  matchingLosses,
  prototypeLoss,
  recordedLosses,
  textTerms,
  totalLoss,
  totalOf,
  weightOf,
} from "./losses.ts";

const method = { beta: 0.5, gamma: 2, prototypeLoss: "cosine", tau: 0.5 } as const;

const matrix = (...rows: number[][]): Tensor => constant(Float32Array.from(rows.flat()), [rows.length, rows[0].length]);

/** Values of constant tensors by name. */
async function valuesOf(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, number[]>> {
  const session = await openSession(toOnnx(tensors));
  const results = await session.run({});
  await session.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, Array.from(values, Number)]));
}

async function scalarOf(tensor: Tensor): Promise<number> {
  return (await valuesOf({ tensor })).tensor[0];
}

// soft_c · hard_d:          d = 1  d = 2
//   soft_1 = (1, 0)           1     0.6
//   soft_2 = (0, 1)           0     0.8
const soft = matrix([1, 0], [0, 1]);
const hard = matrix([1, 0], [0.6, 0.8]);
// With τ = 1/2, over the soft prompts of each hard one:
//   d = 1: −log( e² / (e² + e⁰) ) = log(1 + e⁻²) = 0.126928
//   d = 2: −log( e^1.6 / (e^1.2 + e^1.6) ) = log(1 + e^−0.4) = 0.513015
// Over the hard prompts of each soft one it would be (0.371101 + 0.183903) / 2.
const aligned = (0.126928 + 0.513015) / 2;
// Of orthonormal features each hard prompt has e² for its own and e⁰ for the other.
const orthonormal = 0.126928;

describe("soft-hard alignment (Eq. 1–4)", () => {
  it("is the mean over hard prompts of the cross entropy among soft ones", async () => {
    expect(await scalarOf(alignmentLoss(soft, hard, 0.5))).toBeCloseTo(aligned, 5);
  });

  it("is log 2 for identical soft prompts", async () => {
    expect(await scalarOf(alignmentLoss(matrix([1, 0], [1, 0]), hard, 0.5))).toBeCloseTo(Math.LN2, 6);
  });

  it("aligns token embeddings in L_ta, and prompt features in L_pa", async () => {
    const terms = textTerms({ soft: { token: soft, prompt: soft }, hard: { token: hard, prompt: soft } }, method);
    const { L_ta, L_pa } = await valuesOf(terms);
    expect(L_ta[0]).toBeCloseTo(aligned, 5);
    expect(L_pa[0]).toBeCloseTo(orthonormal, 5);
  });

  it("is not built without hard prompts or if β is 0", () => {
    const features = { token: soft, prompt: soft };
    expect(textTerms({ soft: features }, method)).toEqual({});
    expect(textTerms({ soft: features, hard: features }, { ...method, beta: 0 })).toEqual({});
  });
});

describe("prototype alignment (Eq. 7)", () => {
  const g = matrix([1, 0], [0.6, 0.8]);
  const p = matrix([0.6, 0.8], [0.6, 0.8]);

  it("takes the cosine distance of each image: 1 − 0.6, and 1 − 1", async () => {
    const { distance } = await valuesOf({ distance: matchingLosses.cosine(g, p) });
    expect(distance[0]).toBeCloseTo(0.4, 6);
    expect(distance[1]).toBeCloseTo(0, 6);
  });

  it("takes the mean absolute difference over E for l1: (0.4 + 0.8) / 2, and 0", async () => {
    const { distance } = await valuesOf({ distance: matchingLosses.l1(g, p) });
    expect(distance[0]).toBeCloseTo(0.6, 6);
    expect(distance[1]).toBe(0);
  });

  it.each([
    // Σ w·M = ¾·0.4 + ¼·0
    ["cosine", 0.3],
    // ¾·0.6 + ¼·0
    ["l1", 0.45],
  ] as const)("sums over images by their weights: %s", async (kind, expected) => {
    expect(await scalarOf(prototypeLoss(g, p, matrix([0.75], [0.25]), kind))).toBeCloseTo(expected, 6);
  });
});

/** Two images, of class 2 and of class 1. */
const images: ImageLossInputs = {
  // softmax: (1/4, 3/4), and (3/4, 1/4)
  logits: matrix([0, Math.log(3)], [Math.log(3), 0]),
  target: matrix([0, 1], [0, 1]),
  weight: matrix([0.5], [0.5]),
  global: matrix([1, 0], [0.6, 0.8]),
  theta: soft,
  prototypes: {
    values: matrix([1, 0], [0.6, 0.8]),
    labels: constant(BigInt64Array.of(1n, 0n), [2]),
  },
};
// ½·(−log ¾) + ½·(−log ¼) = (0.287682 + 1.386294) / 2
const crossEntropy = 0.836988;

describe("image-text alignment (Eq. 11)", () => {
  it("is the mean cross entropy of a batch whose images weigh 1/B", async () => {
    const { logits, target, weight } = images;
    expect(await scalarOf(imageTextLoss(logits, target, weight))).toBeCloseTo(crossEntropy, 6);
  });

  it("accepts a distribution as target: −½·(log ¼ + log ¾) for either image", async () => {
    const { logits, weight } = images;
    const loss = imageTextLoss(logits, matrix([0.5, 0.5], [0.5, 0.5]), weight);
    expect(await scalarOf(loss)).toBeCloseTo(crossEntropy, 6);
  });

  it("ignores padding", async () => {
    const { logits, target } = images;
    expect(await scalarOf(imageTextLoss(logits, target, matrix([1], [0])))).toBeCloseTo(0.287682, 6);
  });
});

describe("the total (Eq. 12)", () => {
  it("takes the prototype of each image's own class: 1 − 0.6 for both, where any other order gives 0", async () => {
    const terms = imageTerms(images, method);
    expect(Object.keys(terms)).toEqual(["L_vt", "L_v"]);
    const { L_vt, L_v } = await valuesOf(terms);
    expect(L_vt[0]).toBeCloseTo(crossEntropy, 6);
    expect(L_v[0]).toBeCloseTo(0.4, 6);
  });

  it("takes the prototypes of both classes of a blended image by their shares: 0.75·0.4 + 0.25·0", async () => {
    const partners = { labels: constant(BigInt64Array.of(0n, 1n), [2]), share: constant(Float32Array.of(0.75), [1]) };
    const prototypes = images.prototypes && { ...images.prototypes, mixed: partners };
    const { L_v } = await valuesOf(imageTerms({ ...images, prototypes }, method));
    expect(L_v[0]).toBeCloseTo(0.3, 6);
  });

  it("has no L_v without prototypes or if γ is 0", () => {
    expect(Object.keys(imageTerms({ ...images, prototypes: undefined }, method))).toEqual(["L_vt"]);
    expect(Object.keys(imageTerms(images, { ...method, gamma: 0 }))).toEqual(["L_vt"]);
  });

  it("is L_vt + β·(L_ta + L_pa) + γ·L_v, of tensors and of values", async () => {
    const texts = textTerms({ soft: { token: soft, prompt: soft }, hard: { token: hard, prompt: soft } }, method);
    const total = await scalarOf(totalLoss({ ...imageTerms(images, method), ...texts }, method));
    // 0.836988 + ½·(0.319972 + 0.126928) + 2·0.4
    expect(total).toBeCloseTo(1.860438, 5);
    expect(totalOf({ L_vt: 1, L_v: 0.25, L_ta: 0.5, L_pa: 0.125 }, method)).toBe(1 + 0.5 * 0.625 + 2 * 0.25);
  });

  it("weights the method's terms by their options", () => {
    const weights = lossTerms.all.map((term) => [term.name, weightOf(term, method)]);
    expect(Object.fromEntries(weights)).toEqual({ L_vt: 1, L_v: 2, L_ta: 0.5, L_pa: 0.5, L_kg: 0 });
  });

  it.each([
    [
      "L_new=1",
      "there is no loss term L_new to weigh. Fix: choose one of L_kg, or name the module that brings it with --plugin",
    ],
    ["L_vt=2", "L_vt is weighted by the method. Fix: use --beta, --gamma or --variant"],
  ])("refuses %s", (given, message) => {
    expect(() => extraWeights([given])).toThrow(message);
  });

  it("weights an added term by `--loss-term`, else by 0", () => {
    const term = { name: "L_added", ofTexts: () => scalar(1) };
    onTestFinished(lossTerms.add(term));
    expect(extraWeights(["L_added=0.25"])).toEqual({ L_added: 0.25 });
    expect(weightOf(term, { ...method, extra: { L_added: 0.25 } })).toBe(0.25);
    expect(weightOf(term, method)).toBe(0);
    expect(() => extraWeights(["L_other=1"])).toThrow("choose one of L_kg, L_added");
  });
});

it("records L_t as the sum of its two terms, and omits it without them", () => {
  const recorded = recordedLosses({ L_vt: 1, L_ta: 0.5, L_pa: 0.25, L_total: 1.75 });
  expect(Object.entries(recorded)).toEqual([
    ["L_vt", 1],
    ["L_ta", 0.5],
    ["L_pa", 0.25],
    ["L_t", 0.75],
    ["L_total", 1.75],
  ]);
  expect(recordedLosses({ L_vt: 1, L_total: 1 })).toEqual({ L_vt: 1, L_total: 1 });
  // A term of that name that a plugin has brought is its own.
  expect(recordedLosses({ L_ta: 1, L_pa: 1, L_t: 5 })).toEqual({ L_ta: 1, L_pa: 1, L_t: 5 });
});
