/** Neighbourhoods against scikit-learn (tools/fixtures/neighbours.py), and t-SNE. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { Random } from "../platform/random.ts";
import { largestPerplexity, neighbourAgreement, squaredDistances, trustworthiness, tsne } from "./featurePlane.ts";

const rows = z.array(z.array(z.number()));
const byCount = z.record(z.string(), z.number());
const fixture = z
  .object({ features: rows, labels: z.array(z.number()), places: rows, trustworthiness: byCount, agreement: byCount })
  .parse(JSON.parse(readFileSync(new URL("../../test/fixtures/neighbours/neighbours.json", import.meta.url), "utf8")));

it("distances are squared and symmetric", () => {
  expect([
    ...squaredDistances([
      [0, 0],
      [3, 4],
      [0, 1],
    ]),
  ]).toEqual([0, 25, 1, 25, 0, 18, 1, 18, 0]);
});

it.each([1, 5, 10])("trustworthiness of %i neighbours is scikit-learn's", (k) => {
  expect(trustworthiness(fixture.features, fixture.places, k)).toBeCloseTo(fixture.trustworthiness[k], 12);
});

it.each([1, 5, 10])("agreement of %i neighbours is scikit-learn's", (k) => {
  expect(neighbourAgreement(fixture.features, fixture.labels, k)).toBeCloseTo(fixture.agreement[k], 12);
});

it("an identical copy has trustworthiness 1, and too many neighbours are rejected", () => {
  expect(trustworthiness(fixture.features, fixture.features, 5)).toBe(1);
  expect(() => trustworthiness(fixture.features, fixture.features, 30)).toThrow(RangeError);
});

/** Four groups of fifteen in ten dimensions, each around a centre of its own. */
const labels = Array.from({ length: 60 }, (_, i) => i % 4);
const random = new Random("t-SNE test");
const features = labels.map((label) =>
  Float32Array.from({ length: 10 }, (_, e) => (e === label ? 3 : 0) + random.normal() / 2),
);
const options = { seed: 3, perplexity: 10 };

it("t-SNE keeps neighbours together", async () => {
  const places = await tsne(features, options);
  expect(places).toHaveLength(60);
  expect(trustworthiness(features, places, 5)).toBeGreaterThan(0.9);
  expect(neighbourAgreement(places, labels, 5)).toBeGreaterThan(0.95);
  // Shuffled points: no better than chance.
  const shuffled = random.permutation(60).map((i) => places[i]);
  expect(trustworthiness(features, shuffled, 5)).toBeLessThan(0.65);
});

it("t-SNE is deterministic in its seed", async () => {
  const places = await tsne(features, { ...options, steps: 60 });
  expect(await tsne(features, { ...options, steps: 60 })).toEqual(places);
  expect(await tsne(features, { ...options, steps: 60, seed: 4 })).not.toEqual(places);
});

it("t-SNE stops with the error that a step throws", async () => {
  const steps: number[] = [];
  const onStep = (step: number) => {
    steps.push(step);
    if (step === 7) throw new Error("enough");
  };
  await expect(tsne(features, { ...options, onStep })).rejects.toThrow("enough");
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it("the largest perplexity is a third of the other points", () => {
  expect([4, 31, 91, 1000].map(largestPerplexity)).toEqual([1, 10, 30, 333]);
});
