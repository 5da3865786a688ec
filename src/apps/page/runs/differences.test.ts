import { expect, it } from "vitest";
import { differences } from "./differences.ts";

it("gives the options that differ, by name", () => {
  const first = { seed: 1, lr: 0.03, prototypeImages: "all", out: "a" };
  const second = { seed: 1, lr: 0.01, prototypeImages: 16, classes: ["x"] };
  expect(differences(first, second)).toEqual([
    ["classes", "–", '["x"]'],
    ["lr", "0.03", "0.01"],
    ["prototypeImages", "all", "16"],
  ]);
});
