import { expect, it } from "vitest";
import { durationText, shortTime, timestamp } from "./clock.ts";

it("times of subtitles have minutes, seconds and thousandths, and hours from the first on", () => {
  expect([0, 1.5, 59.9996, 61.25, 3599.9999, 7323.45].map(timestamp)).toEqual([
    ...["00:00.000", "00:01.500", "01:00.000", "01:01.250", "01:00:00.000", "02:02:03.450"],
  ]);
});

it("short times are to the tenth of a second", () => {
  expect([0, 3.24, 59.96, 125, 3725.5].map(shortTime)).toEqual(["0:00.0", "0:03.2", "1:00.0", "2:05.0", "1:02:05.5"]);
});

it.each([
  [0.2, "1 s"],
  [89, "89 s"],
  [90, "2 min"],
  [3570, "1 h"],
  [7500, "2 h 5 min"],
  [86_400, "1 d"],
  [628_281, "7 d 7 h"],
])("%d seconds are %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
