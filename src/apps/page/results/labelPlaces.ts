/** Places of the labels of face boxes: outside of the boxes, inside the picture, and apart from each other. */
import type { FaceBox } from "../../../faces/face.ts";
import type { Size } from "../../../pictures/image.ts";

/** Place of a label in CSS pixels. */
export interface LabelPlace {
  readonly left: number;
  readonly top: number;
  /** whether there is no room for the whole text */
  readonly isShort: boolean;
}

/** Widths of a label in CSS pixels. */
export interface LabelWidths {
  readonly full: number;
  readonly short: number;
}

/** Height of a label, and its distance from the box, CSS pixels. */
export const labelHeight = 26;
const gap = 4;

/** Room that the label of a face at the upper edge needs above the picture, CSS pixels. */
export const labelRoom = labelHeight + gap;

/** Whether a label needs room above the picture, so that it does not cover its face. */
export const needsRoom = (boxes: readonly FaceBox[]): boolean => boxes.some(([, y]) => y < labelRoom);

/**
 * Places one label a box: whole above the box, or below it, else short, at the first place that no other label and no other box
 * takes. Where all are taken, the short label stands above. Labels may stand in the room above the picture, at negative heights.
 */
export function placeLabels(
  boxes: readonly FaceBox[],
  widths: readonly LabelWidths[],
  { width, height }: Size,
): readonly LabelPlace[] {
  const taken: FaceBox[] = [];
  return boxes.map((box, i) => {
    const [x, y, w, h] = box;
    const isFree = (label: FaceBox) =>
      label[1] >= -labelRoom &&
      label[1] + labelHeight <= height &&
      label[2] <= width &&
      ![...taken, ...boxes.filter((_, other) => other !== i)].some((other) => overlap(other, label));
    const at = (top: number, isShort: boolean): FaceBox => {
      const own = isShort ? widths[i].short : widths[i].full;
      return [clamp(x + w / 2 - own / 2, 0, width - own), top, own, labelHeight];
    };
    const [above, below] = [y - labelHeight - gap, y + h + gap];
    const candidates = [at(above, false), at(below, false), at(above, true), at(below, true)];
    const free = candidates.findIndex(isFree);
    const place = free >= 0 ? candidates[free] : at(clamp(above, -labelRoom, height - labelHeight), true);
    taken.push(place);
    return { left: place[0], top: place[1], isShort: free < 0 || free > 1 };
  });
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

const overlap = (a: FaceBox, b: FaceBox): boolean =>
  a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
