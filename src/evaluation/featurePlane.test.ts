/** Against scikit-learn (tools/fixtures/neighbours.py). */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { neighbourAgreement, squaredDistances, trustworthiness } from "./featurePlane.ts";

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

it("a copy is wholly trustworthy, and too many neighbours are refused", () => {
  expect(trustworthiness(fixture.features, fixture.features, 5)).toBe(1);
  expect(() => trustworthiness(fixture.features, fixture.features, 30)).toThrow(RangeError);
});
