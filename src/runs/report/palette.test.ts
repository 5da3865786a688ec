import { expect, it } from "vitest";
import { contrast } from "../../../test/contrast.ts";
import { style } from "./page.ts";
import { classColours, heat, heatInk, withPrintedColours } from "./palette.ts";

it("measures contrast as WCAG does", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21, 6);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

it.each([
  ["light", "#ffffff"],
  ["dark", "#14171a"],
] as const)("colours of classes are seen on %s ground", (scheme, ground) => {
  expect(style).toContain(`--ground:${ground}`);
  for (const colour of classColours[scheme]) expect(contrast(colour, ground)).toBeGreaterThan(4.5);
  expect(new Set(classColours[scheme]).size).toBe(8);
});

it("numbers are legible on every shade of a confusion matrix", () => {
  for (let percent = 0; percent <= 100; percent++) {
    expect(contrast(heat(percent / 100), heatInk(percent / 100))).toBeGreaterThan(4.5);
  }
  expect([heat(0), heat(1), heat(2)]).toEqual(["#f7fbff", "#08306b", "#08306b"]);
});

it("exported figures have the colours of print", () => {
  expect(withPrintedColours('fill="var(--one)" stroke="currentColor" a="var(--none)"')).toBe(
    'fill="#1f5fbf" stroke="#000000" a="var(--none)"',
  );
});
