import { expect, it } from "vitest";
import { fromHalf, toHalf } from "./half.ts";

it("gives back every number in half precision", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromHalf(bits);
    if (Number.isNaN(value)) expect(fromHalf(toHalf(Float32Array.of(value))[0])).toBeNaN();
    else if (toHalf(Float32Array.of(value))[0] !== bits) expect.unreachable(`bits ${bits}`);
  }
});

it.each([
  [65519, 65504],
  [65520, Infinity],
  [-1e30, -Infinity],
  // Ties go to the even fraction.
  [1 + 2 ** -11, 1],
  [1 + 3 * 2 ** -11, 1 + 2 ** -9],
  [2 - 2 ** -12, 2],
  [2 ** -14 - 2 ** -26, 2 ** -14],
  [3 * 2 ** -25, 2 ** -23],
  [2 ** -25, 0],
  [1.01 * 2 ** -25, 2 ** -24],
  [-(2 ** -26), -0],
  [1e-40, 0],
])("rounds %f to %f", (value, expected) => {
  expect(fromHalf(toHalf(Float32Array.of(value))[0])).toBe(expected);
});
