import { expect, it } from "vitest";
import { tokenTable } from "./textTower.ts";

const encoder = { sot: 90, eot: 91, pad: 0, encode: (text: string) => text.split(" ").map(Number) };

it("truncates all rows after the last EOT", () => {
  const { ids, length, eot } = tokenTable(encoder, ["1 2 3", "4"], 77, 2);
  expect(ids.map((row) => Array.from(row))).toEqual([
    [90, 0, 0, 1, 2, 3, 91],
    [90, 0, 0, 4, 91, 0, 0],
  ]);
  expect(length).toBe(7);
  expect(eot).toEqual([6, 4]);
});

it("truncates a text that is too long before its EOT, and reports it", () => {
  const { ids, truncated } = tokenTable(encoder, ["1 2 3 4 5"], 6, 2);
  expect(Array.from(ids[0])).toEqual([90, 0, 0, 1, 2, 91]);
  expect(truncated).toEqual(["1 2 3 4 5"]);
});
