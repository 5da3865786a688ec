import { expect, it } from "vitest";
import { fitSimilarity, type Point } from "./face.ts";

const points: readonly Point[] = [
  [0, 0],
  [4, 0],
  [1, 3],
  [-2, 5],
];

it("finds the turn, scale and shift that points went through", () => {
  const angle = 0.7;
  const [a, b] = [2.5 * Math.cos(angle), 2.5 * Math.sin(angle)];
  const moved = points.map(([x, y]): Point => [a * x - b * y + 11, b * x + a * y - 3]);
  const fit = fitSimilarity(points, moved);
  expect(fit.a).toBeCloseTo(a, 10);
  expect(fit.b).toBeCloseTo(b, 10);
  expect(fit.shiftX).toBeCloseTo(11, 10);
  expect(fit.shiftY).toBeCloseTo(-3, 10);
});

it("does not mirror", () => {
  const mirrored = points.map(([x, y]): Point => [-x, y]);
  const { a, b } = fitSimilarity(points, mirrored);
  // the best turn of a mirrored set shrinks it
  expect(Math.hypot(a, b)).toBeLessThan(0.9);
});
