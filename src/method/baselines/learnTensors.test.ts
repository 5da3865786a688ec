import { join } from "node:path";
import { expect, it } from "vitest";
import { baselineInputs } from "../../../test/baselineInputs.ts";
import { fixtures } from "../../../test/parity.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import { l2Normalise, matmul, reduceSum } from "../../graph/ops/index.ts";
import { epochAverage } from "../averaging.ts";
import { sgd } from "../optimiser.ts";
import { learnTensors, type TensorTraining } from "./learnTensors.ts";

const backbone = await openBackbone(join(fixtures, "tiny-clip"));
const width = backbone.clip.config.jointWidth;
const features = [3, 5, 7].map((place) => Float32Array.from({ length: width }, (_, e) => (e === place ? 2 : 0)));
const inputs = baselineInputs(backbone, ["a", "b"], features, [0, 1, 0]);

/** The loss Σ_b w_b · (f_b/‖f_b‖)·v of a vector v, whose gradient is the weighted sum of the directions. */
const training: TensorTraining = {
  ...{ name: "test", source: "features", lr: 1, epochs: 1, batchSize: 2 },
  initial: { v: { shape: [1, width], data: new Float32Array(width) } },
  loss: ({ v }, { images, weight }) =>
    reduceSum(matmul(weight, matmul(l2Normalise(images), v, { transB: true }), { transA: true }), [0, 1]),
  optimiser: sgd({ momentum: 0, weightDecay: 0 }),
};

it("takes batches that are not full, also where the loss normalises their features", async () => {
  const { v } = await learnTensors(inputs, training);
  // Two images at half the weight each and the rate 1, then one at the rate (1 + cos ½π)/2.
  expect(Array.from(v.data).filter((value) => value !== 0)).toEqual([-0.5, -0.5, -0.5]);
  expect([3, 5, 7].map((place) => v.data[place])).toEqual([-0.5, -0.5, -0.5]);
});

it("warms up at a constant rate", async () => {
  const { v } = await learnTensors(inputs, { ...training, epochs: 2, warmup: { epochs: 1, lr: 0.25 } });
  // The warm-up adds 0.25·½ for an image of a whole pair and 0.25 for the one that is alone, the second epoch what it alone gives above.
  const sum = v.data.reduce((total, value) => total + value, 0);
  expect(sum).toBeCloseTo(-(0.25 + 0.25) - 1.5, 5);
});

it("returns the average over the epochs if there is one", async () => {
  const seen: (readonly number[])[] = [];
  const validate: TensorTraining["validate"] = async ({ v }) => {
    seen.push(Array.from(v.data));
    return { metrics: { accuracy: 0, uar: 0 } };
  };
  await learnTensors(inputs, { ...training, epochs: 2, validate });
  const { v } = await learnTensors(inputs, { ...training, epochs: 2, averaging: epochAverage(1) });
  for (const [i, value] of v.data.entries()) expect(value).toBeCloseTo((seen[0][i] + seen[1][i]) / 2, 6);
  expect(Array.from(v.data)).not.toEqual(seen[1]);
});

it("returns the best epoch's tensors if it validates", async () => {
  const accuracies = [0.2, 0.9, 0.5];
  const seen: (readonly number[])[] = [];
  const { v } = await learnTensors(inputs, {
    ...{ ...training, epochs: 3 },
    validate: async (learned) => {
      seen.push(Array.from(learned.v.data));
      const accuracy = accuracies[seen.length - 1];
      return { metrics: { accuracy, uar: accuracy } };
    },
  });
  expect(seen).toHaveLength(3);
  expect(Array.from(v.data)).toEqual(seen[1]);
  expect(seen[2]).not.toEqual(seen[1]);
});
