/** Head, neck, ears, and the large-scale shading of the face. */
import { type ActionUnits, sides } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import { mouthShape } from "./mouthShape.ts";
import type { Palette } from "./palette.ts";
import { area, blurred, ellipse, type Point, route } from "./svg.ts";

/** Outline of the face; a dropped jaw makes it longer. */
export function headPath(units: ActionUnits, identity: Identity): string {
  const { width, jaw } = identity.face;
  const chin = identity.face.chin + mouthShape(units, identity).drop * 0.75 - 0.8 * units.AU17;
  const at = (side: number, dx: number, y: number): Point => [48 + side * dx, y];
  const low = width * jaw;
  const half = (side: number) => [at(side, width * 0.92, 3), at(side, width * 1.03, 24), at(side, width, 44)] as const;
  const [l1, l2, l3] = half(-1);
  const [r1, r2, r3] = half(1);
  return route(
    "M",
    [48, -3],
    "C",
    [48 + width * 0.6, -3],
    r1,
    r2,
    "Q",
    at(1, width * 1.03, 36),
    r3,
    "C",
    at(1, width * 0.98, 62),
    at(1, low, chin - 16),
    at(1, low * 0.62, chin - 5),
    "Q",
    at(1, low * 0.3, chin + 0.8),
    [48, chin + 0.8],
    "Q",
    at(-1, low * 0.3, chin + 0.8),
    at(-1, low * 0.62, chin - 5),
    "C",
    at(-1, low, chin - 16),
    at(-1, width * 0.98, 62),
    l3,
    "Q",
    at(-1, width * 1.03, 36),
    l2,
    "C",
    l1,
    [48 - width * 0.6, -3],
    [48, -3],
    "Z",
  );
}

export function drawHead(units: ActionUnits, identity: Identity, palette: Palette): string {
  const { width, jaw } = identity.face;
  const neck = width * jaw * 0.8;
  const ears = sides.map((side) => ellipse([48 + side * (width + 0.8), 46], 4, 8.5, palette.shade));
  const collar = route(
    "M",
    [48 - neck, 70],
    "L",
    [48 - neck - 3, 120],
    "L",
    [48 + neck + 3, 120],
    "L",
    [48 + neck, 70],
    "Z",
  );
  return [area(collar, palette.deep), ...ears, area(headPath(units, identity), "url(#skin)")].join("");
}

/** Shading of eye sockets, temples and cheeks, highlights of forehead and chin; to be clipped to the head's outline. */
export function drawShading(units: ActionUnits, identity: Identity, palette: Palette): string {
  const { width, age, chin } = identity.face;
  const { spacing } = identity.eye;
  const { drop } = mouthShape(units, identity);
  const dark = 0.3 + 0.15 * age + 0.22 * units.AU4;
  const halves = sides.map((side) =>
    [
      ellipse([48 + side * (spacing - 1.5), 36.5], 8, 4.6, palette.shade, dark),
      ellipse([48 + side * (spacing - 8), 40], 3.2, 5, palette.shade, 0.4),
      ellipse([48 + side * (width - 1), 30], 5, 14, palette.shade, 0.35),
      ellipse([48 + side * (width - 4), 70 + drop * 0.5], 5.5, 13, palette.shade, 0.5 + 0.15 * age),
      ellipse([48 + side * 20, 54], 7, 4.5, palette.light, 0.3),
    ].join(""),
  );
  return [
    blurred(
      "shade",
      ...halves,
      ellipse([48, 20], 15, 7, palette.light, 0.35),
      ellipse([48, chin - 5 + drop * 0.7], 6, 3, palette.light, 0.35),
    ),
  ].join("");
}
