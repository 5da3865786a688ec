import { expect, it } from "vitest";
import { byColumn, byRow } from "./int8.node.ts";

const w = Float32Array.of(127, -63.5, 2, 0, 0.5, -0.254);

it("rounds by the largest magnitude of each row, and transposes", () => {
  const { transposed, scale } = byRow(w, 2, 3);
  expect([...scale]).toEqual([1, Math.fround(0.5 / 127)]);
  // Rows 127 −63.5 2 and 0 127 −64.516, column by column; halves go up, as Math.round has it.
  expect([...transposed]).toEqual([127, 0, -63, 127, 2, -65]);
});

it("rounds by the largest magnitude of each column", () => {
  const { values, scale } = byColumn(w, 2, 3);
  expect([...scale]).toEqual([1, 0.5, Math.fround(2 / 127)]);
  expect([...values]).toEqual([127, -127, 127, 0, 1, -16]);
});

it("keeps zeros", () => {
  const { transposed, scale } = byRow(new Float32Array(2), 1, 2);
  expect([...transposed, ...scale]).toEqual([0, 0, 1]);
});
