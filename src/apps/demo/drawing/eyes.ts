/** Eyes: lids, eyeballs, creases, lashes, and the effects of raised cheeks below them. */
import { type ActionUnits, type Side, sides } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import type { Palette } from "./palette.ts";
import { area, blurred, ellipse, fixed, line, type Point, route } from "./svg.ts";

export interface EyeShape {
  readonly centre: Point;
  readonly inner: Point;
  readonly outer: Point;
  /** y of the upper lid's edge above the pupil, and of the lower one's below it */
  readonly upper: number;
  readonly lower: number;
}

export function eyeShape(units: ActionUnits, identity: Identity, side: Side): EyeShape {
  const { AU5, AU6, AU7, AU9, AU1, AU4 } = units;
  const { spacing, size, slant } = identity.eye;
  const [x, y] = [48 + side * spacing, 40];
  const half = 6.4 * size;
  const sad = AU1 * AU4;
  const rise = 2.9 * size + 2.3 * AU5 - 1.2 * AU7 * (1 - 0.6 * AU5) - 0.9 * AU6 - 1.1 * AU9 - 0.7 * sad - 0.3 * AU4;
  const fall = 2.4 * size + 0.5 * AU5 - 1.2 * AU7 - 1.5 * AU6 - 0.9 * AU9;
  return {
    centre: [x, y],
    inner: [x - side * half, y + 0.7 - 0.5 * sad],
    outer: [x + side * half, y - slant + 0.6 * sad],
    upper: y - Math.max(0.5, rise),
    lower: y + Math.max(0.4, fall),
  };
}

export function drawEyes(units: ActionUnits, identity: Identity, palette: Palette): string {
  return sides.map((side) => drawEye(eyeShape(units, identity, side), units, identity, palette, side)).join("");
}

function drawEye(eye: EyeShape, units: ActionUnits, identity: Identity, palette: Palette, side: Side): string {
  const { centre, inner, outer, upper, lower } = eye;
  const { size } = identity.eye;
  const [x, y] = centre;
  // a quadratic curve passes half way to its control point
  const lid = (edge: number, lift = 0): readonly (string | Point)[] => [
    "M",
    [inner[0], inner[1] - lift * 0.6],
    "Q",
    [x - side * 0.4, 2 * (edge - lift) - (inner[1] + outer[1] - lift) / 2],
    [outer[0], outer[1] - lift * 0.4],
  ];
  const opening = route(...lid(upper), "Q", [x + side * 0.6, 2 * lower - (inner[1] + outer[1]) / 2], inner, "Z");
  const id = side < 0 ? "eye-r" : "eye-l";
  const gaze = identity.photo.turn * 1.1;
  const r = 3.15 * size;
  const ball = [
    area(opening, "rgb(236,232,228)"),
    ellipse([x + gaze, y - 0.2], r, r, palette.iris),
    ellipse([x + gaze, y - 0.2], r * 0.48, r * 0.48, "rgb(10,8,8)"),
    ellipse([x + gaze - 1, y - 1.3], 0.75, 0.75, "white", 0.9),
    // the upper lid's shadow on the eyeball
    line(route(...lid(upper)), "rgb(30,20,20)", 2.2, 0.35),
  ].join("");
  const crease = 1.8 - 0.9 * units.AU5 + 0.2 * identity.face.age;
  return [
    `<clipPath id="${id}"><path d="${opening}"/></clipPath>`,
    `<g clip-path="url(#${id})">${ball}</g>`,
    line(route(...lid(upper)), palette.lash, 0.85 + 0.7 * identity.makeUp),
    line(route(...lid(lower)), palette.deep, 0.45, 0.7),
    blurred(
      "hint",
      line(route(...lid(upper, crease)), palette.deep, 0.7, 0.6),
      below(eye, units, identity, palette, side),
    ),
  ].join("");
}

/** Pouch under the eye, which AU6 and AU7 push up, and crow's feet. */
function below(eye: EyeShape, units: ActionUnits, identity: Identity, palette: Palette, side: Side): string {
  const { AU6, AU7, AU9 } = units;
  const { age } = identity.face;
  const [x] = eye.centre;
  const y = eye.lower + 2.6 - 0.7 * AU6;
  const pouch = route("M", [x - side * 5.6, y - 0.6], "Q", [x, y + 2], [x + side * 6, y - 1]);
  const feet = [-1, 0, 1].map((ray) => {
    const from: Point = [eye.outer[0] + side * 1.4, eye.outer[1] + ray * 1.1 + 0.2];
    const to: Point = [from[0] + side * 3.6, from[1] + ray * 1.5];
    return line(
      `M ${from.map(fixed).join(" ")} L ${to.map(fixed).join(" ")}`,
      palette.fold,
      0.6,
      AU6 * (0.35 + 0.5 * age),
    );
  });
  const depth = 0.16 + 0.5 * Math.max(AU6, 0.6 * AU7, 0.7 * AU9) + 0.25 * age;
  return [line(pouch, palette.fold, 0.9, Math.min(0.8, depth)), ...feet].join("");
}
