/** Lips, teeth, tongue, and their shadows. */
import { type ActionUnits, sideActions, sides } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import { type MouthShape, mouthShape } from "./mouthShape.ts";
import type { Palette } from "./palette.ts";
import { area, between, blurred, ellipse, line, type Point, route } from "./svg.ts";

export function drawMouth(units: ActionUnits, identity: Identity, palette: Palette): string {
  const mouth = mouthShape(units, identity);
  const upperEdge = edge(mouth, mouth.upperInner, mouth.square);
  const lowerEdge = edge(mouth, mouth.lowerInner, mouth.square);
  const opening = `${upperEdge.there} ${lowerEdge.back} Z`;
  const upper = `${bow(mouth)} ${upperEdge.back} Z`;
  const lower = `${lowerEdge.there} ${edge(mouth, mouth.lowerOuter, 0.2).back} Z`;
  const gap = line(upperEdge.there, "rgb(38,12,14)", 0.9 + 0.5 * Math.max(units.AU24, units.AU23), 0.8);
  return [
    shadows(mouth, units, identity, palette),
    blurred(
      "hint",
      area(upper, palette.lipDark, 'fill-opacity="0.75"'),
      area(lower, palette.lip, 'fill-opacity="0.9"'),
      ellipse([mouth.middle, between(mouth.lowerInner, mouth.lowerOuter, 0.5)], 5, 0.7, palette.lipLight, 0.5),
    ),
    mouth.opening > 0.5 ? inside(mouth, opening, units) : "",
    gap,
  ].join("");
}

/** Edge of a lip from corner to corner and back, level in the middle. */
function edge({ right, left, middle }: MouthShape, y: number, square: number): { there: string; back: string } {
  const near = ([cx, cy]: Point): Point => [
    between(cx, middle, 0.16 - 0.1 * square),
    between(cy, y, 0.62 + 0.3 * square),
  ];
  const far = ([cx]: Point): Point => [between(middle, cx, 0.5 + 0.25 * square), y];
  return {
    there: route("M", right, "C", near(right), far(right), [middle, y], "C", far(left), near(left), left),
    back: route("L", left, "C", near(left), far(left), [middle, y], "C", far(right), near(right), right),
  };
}

/** Outer edge of the upper lip, with Cupid's bow. */
function bow({ right, left, middle, upperOuter: y }: MouthShape): string {
  const half = (corner: Point): Point => [between(middle, corner[0], 0.22), y - 0.5];
  const mid = (corner: Point): Point => [between(middle, corner[0], 0.6), between(y, corner[1], 0.3)];
  return route(
    "M",
    right,
    "Q",
    mid(right),
    half(right),
    "Q",
    [middle, y - 0.2],
    [middle, y + 0.5],
    "Q",
    [middle, y - 0.2],
    half(left),
    "Q",
    mid(left),
    left,
  );
}

function inside(mouth: MouthShape, opening: string, units: ActionUnits): string {
  const { middle, upperInner, lowerInner, left, right } = mouth;
  const half = (left[0] - right[0]) / 2;
  const smile = (units.R12 + units.L12) / 2;
  const bared = Math.max(smile, units.AU10, 0.8 * units.AU20);
  // a dropped jaw without a raised lip hides most of the upper teeth
  const upper = Math.min(4.2, 1.1 + 2.6 * bared, 0.62 * mouth.opening + bared);
  const lower = Math.min(0.4 * mouth.opening, 2.2 * Math.max(units.AU20, 0.5 * units.AU10));
  const top = Math.min(upperInner, left[1], right[1]) - 2;
  const y = upperInner + upper;
  const sag = smile * 2.4;
  const teeth = route(
    "M",
    [middle - half, top],
    "L",
    [middle + half, top],
    "L",
    [middle + half * 0.86, y - sag],
    "Q",
    [middle, y + sag * 0.6],
    [middle - half * 0.86, y - sag],
    "Z",
  );
  const lowTeeth = route(
    "M",
    [middle - half, lowerInner + 3],
    "L",
    [middle - half * 0.7, lowerInner - lower],
    "Q",
    [middle, lowerInner - lower + 0.4],
    [middle + half * 0.7, lowerInner - lower],
    "L",
    [middle + half, lowerInner + 3],
    "Z",
  );
  const gaps = [-3, -2, -1, 0, 1, 2, 3].map((i) => {
    const x = middle + i * half * 0.22;
    return line(route("M", [x, top], "L", [x, y]), "rgb(90,80,76)", 0.25, 0.45);
  });
  return [
    `<clipPath id="mouth"><path d="${opening}"/></clipPath><g clip-path="url(#mouth)">`,
    area(opening, "rgb(34,10,12)"),
    mouth.opening > 5
      ? ellipse([middle, lowerInner + 0.5], half * 0.55, mouth.opening * 0.3, "rgb(140,62,64)", 0.85)
      : "",
    area(teeth, "rgb(236,230,220)"),
    ...gaps,
    lower > 0.4 ? area(lowTeeth, "rgb(220,212,200)") : "",
    line(opening, "rgb(30,8,10)", 1.4, 0.5),
    "</g>",
  ].join("");
}

/** Shadows below the lower lip, in the corners (dents of AU12 and AU14), and of a raised chin. */
function shadows(mouth: MouthShape, units: ActionUnits, identity: Identity, palette: Palette): string {
  const { middle, lowerOuter } = mouth;
  const { AU17, AU15 } = units;
  const corners = sides.map((side) => {
    const [x, y] = side < 0 ? mouth.right : mouth.left;
    const { AU12, AU14 } = sideActions(units, side);
    const dent = Math.max(AU14, 0.45 * AU12);
    const dimple = route("M", [x + side * 1.3, y - 2.6], "Q", [x + side * 2.9, y], [x + side * 1.2, y + 2.4]);
    const droop = route("M", [x, y], "Q", [x + side * 1.6, y + 1.6], [x + side * 1.5, y + 5]);
    return [
      ellipse([x + side * 0.8, y], 2, 1.6, palette.deep, 0.3 + 0.4 * dent),
      line(dimple, palette.fold, 1.1, 0.9 * AU14 + 0.25 * AU12),
      line(droop, palette.fold, 0.9, Math.min(0.8, 0.75 * AU15 + 0.25 * identity.face.age)),
    ].join("");
  });
  const chinY = Math.min(lowerOuter + 5.5, identity.face.chin + mouth.drop - 5);
  const balls = [-3.2, 0, 3.2].map((dx) =>
    ellipse([48 + dx, chinY + Math.abs(dx) * 0.2], 1.3, 0.8, palette.deep, 0.45 * AU17),
  );
  return blurred(
    "soft",
    ellipse([middle, lowerOuter + 1.4], 7.5, 1.5, palette.deep, 0.4 + 0.25 * AU17),
    ...corners,
    ...balls,
  );
}
