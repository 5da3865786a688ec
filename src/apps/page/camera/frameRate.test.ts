import { expect, it } from "vitest";
import { frameRate } from "./frameRate.ts";

it("is the rate of the last two seconds", () => {
  const rate = frameRate();
  expect(rate.text(10)).toBe("");
  expect(rate.text(10.5)).toBe("2.0 frames/s");
  expect(rate.text(11)).toBe("2.0 frames/s");
  const fast = Array.from({ length: 40 }, (_, i) => rate.text(11.1 + i / 10));
  expect(fast.at(-1)).toBe("10.0 frames/s");
});
