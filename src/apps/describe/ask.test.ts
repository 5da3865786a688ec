import { describe, expect, it } from "vitest";
import { parseAnswer } from "./ask.ts";

describe("an answer", () => {
  it.each([
    [
      "The most useful visual features for distinguishing the facial expression of happiness include: A smiling mouth, raised cheeks, wrinkled eyes, and arched eyebrows.",
      ["a smiling mouth", "raised cheeks", "wrinkled eyes", "arched eyebrows"],
    ],
    ["… include: raised brows; a dropped jaw.\n\nLet me know if you need more!", ["raised brows", "a dropped jaw"]],
    [
      "Here they are:\n\n1. **Furrowed brow**: the eyebrows are drawn together\n2. **Tight lips** – pressed together\n3. Flared nostrils",
      ["furrowed brow", "tight lips", "flared nostrils"],
    ],
    ["- Wide eyes (upper lids)\n- wide eyes\n* “Open mouth”", ["wide eyes", "open mouth"]],
    ["include: V-shaped brows, TV-like stare", ["v-shaped brows", "TV-like stare"]],
  ])("%j", (text, phrases) => {
    expect(parseAnswer(text)).toEqual({ phrases });
  });

  it.each([
    ["", /empty/],
    ["  \n", /empty/],
    ["I'm sorry, but I can't help with that.", /no known form/],
    ["include: , ,", /names nothing/],
    [`include: ${Array.from({ length: 13 }, (_, i) => `feature ${i}`).join(", ")}`, /13 phrases/],
    ["include: the face is something that one cannot easily put into so few words", /no phrase/],
  ])("%j cannot be used", (text, fault) => {
    expect(parseAnswer(text)).toEqual({ fault: expect.stringMatching(fault) });
  });
});
