/** Beards and glasses. */
import { type ActionUnits, sides } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import { type MouthShape, mouthShape } from "./mouthShape.ts";
import type { Palette } from "./palette.ts";
import { area, blurred, ellipse, fixed, line, route } from "./svg.ts";

/** Beard below the mouth; the mouth is drawn over it. */
export function drawBeard(units: ActionUnits, identity: Identity, palette: Palette): string {
  const { beard } = identity;
  if (beard === "none") return "";
  const mouth = mouthShape(units, identity);
  const colour = palette.brow;
  const opacity = beard === "stubble" ? 0.28 : 0.82;
  const jaw =
    beard === "stubble" || beard === "full" ? area(jawPath(mouth, identity), colour, `fill-opacity="${opacity}"`) : "";
  const chin = beard === "goatee" ? ellipse([48, mouth.lowerOuter + 8], 7.5, 7, colour, opacity) : "";
  const moustache = area(moustachePath(mouth), colour, `fill-opacity="${beard === "stubble" ? 0.25 : 0.8}"`);
  return blurred("soft", jaw, chin, moustache);
}

export function drawGlasses(identity: Identity): string {
  if (identity.glasses === "none") return "";
  const { spacing } = identity.eye;
  const round = identity.glasses === "round";
  const [half, height] = round ? [8.6, 7.4] : [9.4, 6];
  const frame = (dx: number) => {
    const corner = round ? 7.2 : 2;
    return `<rect x="${fixed(48 + dx - half)}" y="${fixed(40.6 - height)}" width="${fixed(2 * half)}" height="${fixed(2 * height)}" rx="${corner}" fill="white" fill-opacity="0.06" stroke="rgb(24,22,24)" stroke-width="${round ? 0.8 : 1.3}"/>`;
  };
  const bridge = route("M", [48 - spacing + half, 39.6], "Q", [48, 37.4], [48 + spacing - half, 39.6]);
  const arms = sides.map((side) =>
    line(
      route("M", [48 + side * (spacing + half), 38.6], "L", [48 + side * (identity.face.width + 1), 37.6]),
      "rgb(24,22,24)",
      1,
    ),
  );
  return [...sides.map((side) => frame(side * spacing)), line(bridge, "rgb(24,22,24)", 1), ...arms].join("");
}

function jawPath(mouth: MouthShape, identity: Identity): string {
  const w = identity.face.width + 3;
  return route(
    "M",
    [48 - w, 46],
    "Q",
    [48 - w + 6, 66],
    [mouth.right[0] - 3, mouth.right[1] - 2],
    "L",
    [mouth.right[0] - 1, mouth.right[1] + 3],
    "Q",
    [48, mouth.lowerOuter + 4],
    [mouth.left[0] + 1, mouth.left[1] + 3],
    "L",
    [mouth.left[0] + 3, mouth.left[1] - 2],
    "Q",
    [48 + w - 6, 66],
    [48 + w, 46],
    "L",
    [48 + w, 112],
    "L",
    [48 - w, 112],
    "Z",
  );
}

function moustachePath({ right, left, middle, upperOuter }: MouthShape): string {
  return route(
    "M",
    [right[0] - 0.5, right[1] + 0.5],
    "Q",
    [middle - 8, upperOuter - 3.6],
    [middle, upperOuter - 2.8],
    "Q",
    [middle + 8, upperOuter - 3.6],
    [left[0] + 0.5, left[1] + 0.5],
    "Q",
    [middle, upperOuter + 0.2],
    [right[0] - 0.5, right[1] + 0.5],
    "Z",
  );
}
