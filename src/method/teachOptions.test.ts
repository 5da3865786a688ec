import { expect, it } from "vitest";
import { defaultDescriptions } from "./hardPrompts.ts";
import { teachConfig } from "./teachOptions.ts";

it("is the full method with the paper's settings", () => {
  expect(teachConfig(["happiness", "anger"], 7, defaultDescriptions)).toMatchObject({
    ...{ visualPrompts: 8, contextLength: 10, topK: 16, beta: 1, gamma: 1, hardPrompt: 3, context: "class-specific" },
    ...{ lr: 0.032, momentum: 0.9, weightDecay: 5e-4, schedule: "cosine", batchSize: 32, augment: "paper", seed: 7 },
  });
});

it("omits descriptions if a custom class has none", () => {
  expect(teachConfig(["happiness", "bored"], 1, defaultDescriptions).hardPrompt).toBe(2);
  expect(teachConfig(["happiness", "constructor"], 1, defaultDescriptions).hardPrompt).toBe(2);
});
