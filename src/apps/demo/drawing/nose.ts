/** Nose, the wrinkles of AU9 beside it, and the nasolabial folds. */
import { type ActionUnits, sideActions, sides } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import { mouthShape } from "./mouthShape.ts";
import type { Palette } from "./palette.ts";
import { blurred, ellipse, line, type Point, route } from "./svg.ts";

export function drawNose(units: ActionUnits, identity: Identity, palette: Palette): string {
  const { AU9, AU10 } = units;
  const { turn } = identity.photo;
  const wing = identity.nose.width * (1 + 0.12 * AU9 + 0.06 * AU10);
  const y = 59.5 + identity.nose.length - 1.8 * AU9 - 0.7 * AU10;
  const x = 48 + turn * 2.2;
  const shadedSide = Math.cos((identity.photo.light.angle * Math.PI) / 180) > 0 ? -1 : 1;
  const flank = route(
    "M",
    [x + shadedSide * 3, 37],
    "Q",
    [x + shadedSide * 2.6, 50],
    [x + shadedSide * (wing * 0.75), y - 1],
  );
  const wings = sides.map((side) => {
    const path = route(
      "M",
      [x + side * wing * 0.8, y - 4.2],
      "Q",
      [x + side * (wing + 1.2), y - 1],
      [x + side * wing * 0.7, y + 0.5],
    );
    return line(path, palette.deep, 0.9, 0.55 + 0.25 * AU9);
  });
  const nostrils = sides.map((side) =>
    ellipse([x + side * wing * 0.45, y + 0.5], 1.5 + 0.3 * AU9, 0.85, "rgb(30,14,12)", 0.75),
  );
  return [
    blurred(
      "soft",
      line(flank, palette.shade, 3, 0.6),
      ellipse([x, y + 2], wing * 0.9, 1.2, palette.deep, 0.45),
      ellipse([x - shadedSide * 0.4, 49], 1.1, 8, palette.light, 0.55),
      ellipse([x - shadedSide * 0.5, y - 3.2], 2, 1.8, palette.light, 0.6),
    ),
    blurred("hint", ...wings, ...nostrils, wrinkles(AU9, x, palette)),
  ].join("");
}

/** Nasolabial folds: smiles bow them outwards, AU9 and AU10 raise and deepen them. */
export function drawFolds(units: ActionUnits, identity: Identity, palette: Palette): string {
  const { AU6, AU9, AU10, AU15 } = units;
  const { age } = identity.face;
  const mouth = mouthShape(units, identity);
  const folds = sides.map((side) => {
    const { AU12, AU14 } = sideActions(units, side);
    const corner = side < 0 ? mouth.right : mouth.left;
    const from: Point = [48 + side * (identity.nose.width + 1.4), 57 - 2.4 * AU9 - 1.4 * AU10];
    const to: Point = [corner[0] + side * (3 + 0.8 * AU12), corner[1] - 1 + 2.4 * AU10];
    const bend: Point = [to[0] + side * (0.6 * AU12 + 1.5 * AU10 + 0.8 * AU9), (from[1] + to[1]) / 2 - 1.6];
    const depth = 0.12 + 0.6 * Math.max(AU12, AU10, 0.9 * AU9, 0.5 * AU14) + 0.15 * AU15 + 0.3 * age;
    return line(route("M", from, "Q", bend, to), palette.fold, 1.2, Math.min(0.85, depth));
  });
  const cheeks = sides.map((side) => {
    const { AU12 } = sideActions(units, side);
    const raised = Math.max(AU6, 0.7 * AU12);
    return ellipse([48 + side * 20, 55 - 2 * raised], 6.5, 4.2, palette.light, 0.22 + 0.4 * raised);
  });
  return blurred("soft", ...cheeks) + blurred("hint", ...folds);
}

/** Wrinkles across the root of the nose and down its sides. */
function wrinkles(AU9: number, x: number, palette: Palette): string {
  const across = [0, 1].map((row) => {
    const y = 36 + row * 2.6;
    return line(route("M", [x - 3.4, y + 0.6], "Q", [x, y - 1], [x + 3.4, y + 0.6]), palette.fold, 0.8, 0.75 * AU9);
  });
  const down = sides.flatMap((side) =>
    [0, 1, 2].map((row) => {
      const y = 42 + row * 3;
      return line(
        route("M", [x + side * 2.4, y], "L", [x + side * (6 + row * 0.6), y + 2.4]),
        palette.fold,
        0.8,
        0.7 * AU9,
      );
    }),
  );
  return [...across, ...down].join("");
}
