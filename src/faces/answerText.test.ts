import { expect, it } from "vitest";
import { answerText, labelText } from "./answerText.ts";

it("says that an answer is unsure", () => {
  expect(answerText({ label: "neutral", score: 0.414, confident: false })).toBe("unsure: neutral 41 %");
  expect(answerText({ label: "happiness", score: 0.93, confident: true })).toBe("happiness 93 %");
  expect(labelText({ label: "fear", confident: false })).toBe("unsure: fear");
});
