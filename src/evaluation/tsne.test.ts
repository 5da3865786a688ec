import { expect, it } from "vitest";
import { Random } from "../platform/random.ts";
import { largestPerplexity, neighbourAgreement, trustworthiness, tsne } from "./featurePlane.ts";

/** Four groups of fifteen in ten dimensions, each around a centre of its own. */
const labels = Array.from({ length: 60 }, (_, i) => i % 4);
const random = new Random("t-SNE test");
const features = labels.map((label) =>
  Float32Array.from({ length: 10 }, (_, e) => (e === label ? 3 : 0) + random.normal() / 2),
);
const options = { seed: 3, perplexity: 10 };

it("keeps neighbours together", async () => {
  const places = await tsne(features, options);
  expect(places).toHaveLength(60);
  expect(trustworthiness(features, places, 5)).toBeGreaterThan(0.9);
  expect(neighbourAgreement(places, labels, 5)).toBeGreaterThan(0.95);
  // The same places for other points: no better than chance.
  const shuffled = random.permutation(60).map((i) => places[i]);
  expect(trustworthiness(features, shuffled, 5)).toBeLessThan(0.65);
});

it("gives the same places for the same seed and others for another", async () => {
  const places = await tsne(features, { ...options, steps: 60 });
  expect(await tsne(features, { ...options, steps: 60 })).toEqual(places);
  expect(await tsne(features, { ...options, steps: 60, seed: 4 })).not.toEqual(places);
});

it("stops where a step is told to", async () => {
  const steps: number[] = [];
  const onStep = (step: number) => {
    steps.push(step);
    if (step === 7) throw new Error("enough");
  };
  await expect(tsne(features, { ...options, onStep })).rejects.toThrow("enough");
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it("asks for three times as many others as the perplexity", () => {
  expect([4, 31, 91, 1000].map(largestPerplexity)).toEqual([1, 10, 30, 333]);
});
