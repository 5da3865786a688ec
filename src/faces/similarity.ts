/** Turning, scaling and shifting without mirroring: what lays one set of points on another with the least squares. */
import type { Point } from "./detectedFace.ts";

/** (x, y) → (a·x − b·y + shiftX, b·x + a·y + shiftY) */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

/** The similarity that takes `from` nearest to `to` (Umeyama, 1991, in two dimensions); the points must not all be one. */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const [meanX, meanY] = mean(from);
  const [targetX, targetY] = mean(to);
  let dot = 0;
  let cross = 0;
  let spread = 0;
  for (const [i, [x, y]] of from.entries()) {
    const [dx, dy] = [x - meanX, y - meanY];
    const [ex, ey] = [to[i][0] - targetX, to[i][1] - targetY];
    dot += dx * ex + dy * ey;
    cross += dx * ey - dy * ex;
    spread += dx * dx + dy * dy;
  }
  const [a, b] = [dot / spread, cross / spread];
  return { a, b, shiftX: targetX - a * meanX + b * meanY, shiftY: targetY - b * meanX - a * meanY };
}

function mean(points: readonly Point[]): Point {
  const sum = points.reduce(([x, y], [px, py]): Point => [x + px, y + py], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
}
