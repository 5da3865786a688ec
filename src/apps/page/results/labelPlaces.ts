/** Places of the labels of face boxes: outside the boxes, inside the picture, and apart from each other. */
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
 * Places one label a box, above it or below it, where no other label and no other box is. Where a whole text finds no place, all
 * labels are short, so that they compare; one that finds no place even then stands above its box. Labels may use the room above
 * the picture, at negative heights.
 */
export function placeLabels(
  boxes: readonly FaceBox[],
  widths: readonly LabelWidths[],
  size: Size,
): readonly LabelPlace[] {
  const whole = placesOf(
    boxes,
    widths.map(({ full }) => full),
    size,
  );
  if (whole.every(({ isFree }) => isFree)) return whole.map(({ left, top }) => ({ left, top, isShort: false }));
  const short = placesOf(
    boxes,
    widths.map((each) => each.short),
    size,
  );
  return short.map(({ left, top }) => ({ left, top, isShort: true }));
}

interface Place {
  readonly left: number;
  readonly top: number;
  /** whether nothing else is there */
  readonly isFree: boolean;
}

function placesOf(boxes: readonly FaceBox[], widths: readonly number[], { width, height }: Size): readonly Place[] {
  const taken: FaceBox[] = [];
  return boxes.map((box, i) => {
    const [x, y, w, h] = box;
    const others = boxes.filter((_, other) => other !== i);
    const at = (top: number): FaceBox => [
      clamp(x + w / 2 - widths[i] / 2, 0, width - widths[i]),
      top,
      widths[i],
      labelHeight,
    ];
    const isFree = (label: FaceBox) =>
      label[1] >= -labelRoom &&
      label[1] + labelHeight <= height &&
      label[2] <= width &&
      ![...taken, ...others].some((other) => overlap(other, label));
    const above = y - labelHeight - gap;
    const free = [at(above), at(y + h + gap)].find(isFree);
    const place = free ?? at(clamp(above, -labelRoom, height - labelHeight));
    taken.push(place);
    return { left: place[0], top: place[1], isFree: free !== undefined };
  });
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

const overlap = (a: FaceBox, b: FaceBox): boolean =>
  a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
