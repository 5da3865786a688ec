import { describe, expect, it } from "vitest";
import type { RgbImage } from "../pictures/image.ts";
import type { DetectedFace } from "./face.ts";
import { type Turn, turned, turnedBack } from "./turns.ts";

/** Pixels that count 0, 1, 2 … in red. */
function counted(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data[3 * i] = i;
  return { width, height, data };
}
const reds = ({ data }: RgbImage) => Array.from(data).filter((_, i) => i % 3 === 0);

describe("turned", () => {
  it.each<[Turn, number, number, number[]]>([
    [0, 3, 2, [0, 1, 2, 3, 4, 5]],
    [1, 2, 3, [3, 0, 4, 1, 5, 2]],
    [2, 3, 2, [5, 4, 3, 2, 1, 0]],
    [3, 2, 3, [2, 5, 1, 4, 0, 3]],
  ])("by %i quarters clockwise", (turn, width, height, pixels) => {
    const image = turned(counted(3, 2), turn);
    expect([image.width, image.height, reds(image)]).toEqual([width, height, pixels]);
  });
});

it("turnedBack finds the pixels of a box and of landmarks where they were", () => {
  const image = counted(5, 4);
  for (const turn of [0, 1, 2, 3] as const) {
    const lying = turned(image, turn);
    for (let y = 0; y < lying.height; y++) {
      for (let x = 0; x < lying.width; x++) {
        const point = [x + 0.5, y + 0.5] as const;
        const face: DetectedFace = { box: [x, y, 1, 1], score: 1, landmarks: [point, point, point, point, point] };
        const { box, landmarks } = turnedBack(face, turn, image);
        expect(box.slice(2)).toEqual([1, 1]);
        expect(image.data[3 * (box[1] * image.width + box[0])]).toBe(lying.data[3 * (y * lying.width + x)]);
        expect(landmarks[4]).toEqual([box[0] + 0.5, box[1] + 0.5]);
      }
    }
  }
});
