/** Eyebrows and the forehead wrinkles that they cause. */
import { type ActionUnits, type Side, sides } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import type { Palette } from "./palette.ts";
import { area, blurred, line, type Point, route } from "./svg.ts";

export interface BrowShape {
  readonly inner: Point;
  readonly middle: Point;
  readonly outer: Point;
}

/** Position of one brow. y grows downwards. */
export function browShape(units: ActionUnits, identity: Identity, side: Side): BrowShape {
  const { AU1, AU2, AU4, AU5, AU9 } = units;
  const { brow, eye } = identity;
  const top = 30.2 + brow.height;
  // with AU1 the corrugator still draws the brows together, but can no longer lower their inner ends
  const lowering = AU4 * (1 - 0.85 * AU1);
  const inward = 2.4 * AU4 + 0.8 * AU9;
  const at = (dx: number, y: number): Point => [48 + side * dx, y];
  return {
    inner: at(eye.spacing - 8.2 - inward, top + 1 + brow.slant - 5.2 * AU1 + 5.8 * lowering + 2.2 * AU9),
    middle: at(
      eye.spacing + 0.2 - inward * 0.7,
      top - brow.arch - 2.2 * AU1 * (1 - 0.5 * AU4) - 4 * AU2 + 4.3 * lowering + 0.8 * AU4 + 1.6 * AU9 - 0.4 * AU5,
    ),
    outer: at(eye.spacing + 8.8 - 0.4 * inward, top + 1.4 - brow.slant - 4.6 * AU2 + 1.2 * AU4 + 0.9 * AU1 * AU4),
  };
}

export function drawBrows(units: ActionUnits, identity: Identity, palette: Palette): string {
  return blurred("hint", ...sides.map((side) => drawBrow(browShape(units, identity, side), side, identity, palette)));
}

/** Wrinkles of frontalis (AU1, AU2) and corrugator (AU4), deeper with age. */
export function drawForehead(units: ActionUnits, identity: Identity, palette: Palette): string {
  const { AU1, AU2, AU4, AU9 } = units;
  const { age, hairline } = identity.face;
  const deep = 0.5 + 0.5 * age;
  const raised = Math.max(AU1, AU2);
  const rows = [0, 1, 2].map((row) => {
    const y = hairline + 5 + row * (22 - hairline) * 0.36;
    const reach = AU2 >= AU1 * 0.7 ? 17 : 8;
    const bow = AU1 > AU2 ? 1.4 : -1.2;
    const path = route("M", [48 - reach, y - bow], "Q", [48, y + bow], [48 + reach, y - bow]);
    return line(path, palette.fold, 0.9, 0.75 * deep * raised + 0.22 * age * age);
  });
  const furrow = Math.max(AU4, 0.6 * AU9) * (0.6 + 0.4 * age);
  const between = sides.map((side) => {
    const { inner } = browShape(units, identity, side);
    const x = 48 + side * Math.max(1.6, Math.abs(inner[0] - 48) - 2.6);
    return line(
      route("M", [x + side * 0.6, inner[1] - 3.6], "Q", [x - side * 0.5, inner[1]], [x + side * 0.2, inner[1] + 3]),
      palette.fold,
      1,
      0.85 * furrow,
    );
  });
  return blurred("hint", ...rows, ...between);
}

function drawBrow({ inner, middle, outer }: BrowShape, side: Side, identity: Identity, palette: Palette): string {
  const half = identity.brow.thickness / 2;
  const up = ([x, y]: Point, by: number): Point => [x, y - by];
  const path = route(
    "M",
    up(inner, half * 0.9),
    "Q",
    up([middle[0] - side * 2.5, middle[1]], half * 1.4),
    up(middle, half),
    "Q",
    up([middle[0] + side * 4.5, middle[1] + 0.1], half * 0.9),
    outer,
    "Q",
    up([middle[0] + side * 4, middle[1] + 0.5], -half * 0.5),
    up(middle, -half),
    "Q",
    up([middle[0] - side * 3, middle[1]], -half * 0.9),
    up(inner, -half),
    "Z",
  );
  return area(path, palette.brow, 'fill-opacity="0.9"');
}
