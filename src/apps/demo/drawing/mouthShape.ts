/** Geometry of the lips. y grows downwards. */
import { type ActionUnits, type Side, sideActions } from "./expressions.ts";
import type { Identity } from "./identity.ts";
import type { Point } from "./svg.ts";

export interface MouthShape {
  readonly right: Point;
  readonly left: Point;
  /** x of the middle; the inner edges meet here if the mouth is closed */
  readonly middle: number;
  readonly upperInner: number;
  readonly lowerInner: number;
  readonly upperOuter: number;
  readonly lowerOuter: number;
  /** distance between the lips in the middle */
  readonly opening: number;
  /** displacement of the jaw, which moves the chin as well */
  readonly drop: number;
  /** squareness of the mouth's corners, 0 … 1 */
  readonly square: number;
}

export function mouthShape(units: ActionUnits, identity: Identity): MouthShape {
  const { AU9, AU10, AU17, AU20, AU23, AU24, AU25, AU26, AU27, R12, L12 } = units;
  const { fullness, height } = identity.mouth;
  const smile = (R12 + L12) / 2;
  const drop = 4.5 * AU26 + 9 * AU27;
  // lips that are pressed together or pushed up do not part
  const opening = (3.2 * AU25 + 6.5 * AU26 + 12.5 * AU27) * (1 - 0.6 * AU24);
  const raise = 3 * AU10 + 1.6 * AU9;
  const push = 2.6 * AU17 * (1 - 0.5 * AU25);
  const base = 73 + height - push + 0.6 * smile;
  const upperInner = base - 0.25 * opening - raise * 0.8;
  const lowerInner = Math.max(upperInner, base + 0.75 * opening - raise * 0.25);
  const thin = 1 - 0.5 * Math.max(AU23, AU24) - 0.3 * smile - 0.25 * AU20;
  const upperLip = Math.max(0.6, (2.9 * fullness + 0.5 * AU10) * thin);
  const lowerLip = Math.max(0.8, (3.8 * fullness + 0.9 * AU17) * thin);
  return {
    right: corner(units, identity, -1),
    left: corner(units, identity, 1),
    middle: 48 + (sideShift(units, 1) - sideShift(units, -1)) * 0.35,
    upperInner,
    lowerInner,
    upperOuter: upperInner - upperLip,
    lowerOuter: lowerInner + lowerLip,
    opening: lowerInner - upperInner,
    drop,
    square: Math.min(1, 0.9 * AU20 + 0.6 * AU10 + 0.3 * smile),
  };
}

function sideShift(units: ActionUnits, side: Side): number {
  const { AU12, AU14 } = sideActions(units, side);
  return 4.6 * AU12 + 2.2 * AU14;
}

function corner(units: ActionUnits, identity: Identity, side: Side): Point {
  const { AU10, AU15, AU17, AU20, AU23, AU24, AU26, AU27 } = units;
  const { AU12, AU14 } = sideActions(units, side);
  const { width, height } = identity.mouth;
  const reach =
    width +
    sideShift(units, side) +
    3.6 * AU20 +
    0.6 * AU15 -
    1.8 * AU23 -
    0.8 * AU24 -
    1.2 * AU26 -
    3.6 * AU27 -
    0.6 * AU17;
  const sink = 4.4 * AU15 + 1.2 * AU20 + 1.4 * AU10 + 0.3 * AU17 - 5.6 * AU12 - 1.4 * AU14 + 1.6 * AU26 + 3 * AU27;
  return [48 + side * reach, 73 + height + sink];
}
