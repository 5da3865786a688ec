import { describe, expect, test } from "vitest";
import { contradictions, resolveParts, variantNames, variants } from "./variants.ts";

test("variant names are unique and in the order of the paper's Table 1", () => {
  expect(variantNames).toEqual(["coop", "+vp", "+proto", "+spa", "mpa"]);
  const sizes = variantNames.map((name) => Object.values(variants[name]).filter(Boolean).length);
  expect(sizes).toEqual([0, 1, 2, 3, 4]);
});

describe("the paper's amounts", () => {
  test.each([
    ["coop", { visualPrompts: 0, topK: 0, beta: 0, gamma: 0 }],
    ["+vp", { visualPrompts: 8, topK: 0, beta: 0, gamma: 0 }],
    ["+proto", { visualPrompts: 8, topK: 0, beta: 0, gamma: 1 }],
    ["+spa", { visualPrompts: 8, topK: 0, beta: 1, gamma: 1 }],
    ["mpa", { visualPrompts: 8, topK: 16, beta: 1, gamma: 1 }],
  ] as const)("of %s", (variant, parts) => expect(resolveParts({ variant })).toEqual(parts));
});

test("an explicit setting overrides the default, and 0 turns the component off", () => {
  const request = { variant: "mpa", visualPrompts: 4, topK: 0, beta: 0.5, gamma: 0 } as const;
  expect(resolveParts(request)).toEqual({ visualPrompts: 4, topK: 0, beta: 0.5, gamma: 0 });
  expect(contradictions(request)).toEqual([]);
});

test("a nonzero setting of a component that the variant lacks is a contradiction; 0 is not", () => {
  expect(contradictions({ variant: "+proto", beta: 0.5, topK: 0, gamma: 2 })).toEqual([
    { option: "beta", message: "must be 0 or left out with --variant +proto, which has no soft-hard alignment" },
  ]);
  expect(
    contradictions({ variant: "coop", visualPrompts: 8, topK: 4, beta: 1, gamma: 1 }).map((c) => c.option),
  ).toEqual(["visualPrompts", "gamma", "beta", "topK"]);
});
