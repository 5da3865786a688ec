import { expect, it } from "vitest";
import { ferClasses } from "../../../data/sample.ts";
import { Random } from "../../../platform/random.ts";
import { type ActionUnit, drawActionUnits, prototypes } from "./expressions.ts";

const faces = (name: (typeof ferClasses)[number]) =>
  Array.from({ length: 400 }, (_, i) => drawActionUnits(name, new Random("test", name, i)));
const mean = (name: (typeof ferClasses)[number], unit: ActionUnit) =>
  faces(name).reduce((sum, units) => sum + units[unit], 0) / 400;

it("draws intensities in 0 … 1, identical for the same random stream", () => {
  for (const name of ferClasses) {
    const values = faces(name).flatMap((units) => Object.values(units));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    expect(drawActionUnits(name, new Random(7, name))).toEqual(drawActionUnits(name, new Random(7, name)));
  }
});

it("shows each class by its actions", () => {
  expect(mean("happiness", "L12")).toBeGreaterThan(0.7);
  expect(mean("surprise", "AU5")).toBeGreaterThan(0.6);
  expect(mean("sadness", "AU15")).toBeGreaterThan(0.6);
  expect(mean("anger", "AU4")).toBeGreaterThan(0.7);
  expect(mean("disgust", "AU9")).toBeGreaterThan(0.6);
  expect(mean("fear", "AU20")).toBeGreaterThan(0.6);
  for (const unit of ["AU4", "AU5", "AU9", "L12", "AU15", "AU26"] as const)
    expect(mean("neutral", unit)).toBeLessThan(0.1);
});

it("shows contempt on one side only, on either side", () => {
  const strong = faces("contempt").map(({ R14, L14 }) => [R14, L14].map((value) => value > 0.45));
  expect(strong.filter(([right, left]) => right && left).length).toBe(0);
  expect(strong.filter(([right]) => right).length).toBeGreaterThan(100);
  expect(strong.filter(([, left]) => left).length).toBeGreaterThan(100);
});

it("sometimes omits an action of the prototype", () => {
  const absent = faces("fear").filter((units) => units.AU20 < 0.3).length;
  expect(absent).toBeGreaterThan(0);
  expect(absent).toBeLessThan(60);
  expect(prototypes.fear.every((way) => way.AU20 !== undefined)).toBe(true);
});
