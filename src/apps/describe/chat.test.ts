import { expect, it } from "vitest";
import { Budget } from "./chat.ts";

it("stops before the token limit is exceeded, and counts the tokens spent", () => {
  const budget = new Budget({ maxTokens: 100 });
  budget.require({ input: 40, output: 60 });
  budget.spend({ input: 30, output: 20 });
  expect(budget.used).toEqual({ input: 30, output: 20 });
  expect(budget.cost).toBeUndefined();
  expect(() => budget.require({ input: 40, output: 11 })).toThrow(
    /50 of 100 tokens are used.*may take 51.*--max-tokens/,
  );
});

it("stops before the cost limit is exceeded, and reports the cost", () => {
  const budget = new Budget({ maxTokens: 1e9, price: { input: 1, output: 4 }, maxCost: 0.001 });
  budget.require({ input: 200, output: 200 });
  budget.spend({ input: 200, output: 100 });
  expect(budget.cost).toBeCloseTo(0.0006, 12);
  expect(() => budget.require({ input: 0, output: 101 })).toThrow(/0\.0006 of 0\.001 is spent.*0\.0010.*--max-cost/);
});
