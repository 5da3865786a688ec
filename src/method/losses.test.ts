import { expect, it, onTestFinished } from "vitest";
import { scalar } from "../graph/tensor.ts";
import { extraWeights, lossTerms, weightOf } from "./losses.ts";

const method = { beta: 0.5, gamma: 2, prototypeLoss: "cosine", tau: 1 } as const;

it("weighs the method's terms by its options (Eq. 12)", () => {
  const weights = lossTerms.all.map((term) => [term.name, weightOf(term, method)]);
  expect(Object.fromEntries(weights)).toEqual({ L_vt: 1, L_v: 2, L_ta: 0.5, L_pa: 0.5 });
});

it.each([
  ["L_new=1", "there is no loss term L_new to weigh, name the module that brings it with --plugin"],
  ["L_vt=2", "L_vt is weighted by the method, use --beta, --gamma or --variant"],
])("refuses %s", (given, message) => {
  expect(() => extraWeights([given])).toThrow(message);
});

it("weighs a term that was added by what is said, and by 0 else", () => {
  const term = { name: "L_added", ofTexts: () => scalar(1) };
  onTestFinished(lossTerms.add(term));
  expect(extraWeights(["L_added=0.25"])).toEqual({ L_added: 0.25 });
  expect(weightOf(term, { ...method, extra: { L_added: 0.25 } })).toBe(0.25);
  expect(weightOf(term, method)).toBe(0);
  expect(() => extraWeights(["L_other=1"])).toThrow("choose one of L_added");
});
