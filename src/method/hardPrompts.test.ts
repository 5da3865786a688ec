import { expect, it } from "vitest";
import { ferClasses } from "../data/sample.ts";
import { defaultDescriptions, facialActions, hardPrompts, parseDescriptions } from "./hardPrompts.ts";

it("writes the three configurations", () => {
  const of = (configuration: 1 | 2 | 3) =>
    hardPrompts(configuration, ["fear"], { fear: ["wide eyes", "parted lips"] })[0];
  expect(of(1)).toBe("a photo of fear");
  expect(of(2)).toBe("a photo of a person making a facial expression of fear");
  expect(of(3)).toBe("a photo of a person making a facial expression of fear, wide eyes, parted lips");
});

it("names the class whose description is missing", () => {
  expect(() => hardPrompts(3, ["awe"], {})).toThrow("no description of class awe");
});

it("describes each of the eight expressions by action units", () => {
  for (const name of ferClasses) expect(defaultDescriptions[name].length).toBeGreaterThanOrEqual(3);
  const units = Object.entries(facialActions).filter(([name]) => name !== "neutral");
  for (const [, signs] of units) for (const { units: of } of signs) expect(of.length).toBeGreaterThan(0);
});

it("reads a file of class → phrases, and says what is wrong with one", () => {
  expect(parseDescriptions({ joy: "a smile", awe: ["wide eyes"] }, "f")).toEqual({
    joy: ["a smile"],
    awe: ["wide eyes"],
  });
  expect(() => parseDescriptions({ joy: 3 }, "f.json")).toThrow("f.json: joy");
});
