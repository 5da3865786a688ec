import sharp from "sharp";
import { expect, it } from "vitest";
import { dataUri, overlay, patchStrength, png, saliencyStrength, shownSide } from "./faceFigure.ts";

const picture = {
  width: 2,
  height: 2,
  data: Uint8Array.of(100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100),
};
const at = ({ width, data }: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

it("blends colour over the grey picture in proportion to the map", async () => {
  const drawn = await overlay(picture, { height: 2, width: 2, data: Float32Array.of(0, 1, 0, 0.4) });
  expect([drawn.width, drawn.height]).toEqual([192, 192]);
  expect(at(drawn, 0, 0)).toEqual([100, 100, 100]);
  // 0.85 of (255, 110, 0), the rest of the picture; then two fifths of it.
  expect(at(drawn, 191, 0)).toEqual([232, 109, 15]);
  expect(at(drawn, 191, 191)).toEqual([153, 103, 66]);
  expect(at(drawn, 95, 191)).toEqual([100, 100, 100]);
  const { width, format } = await sharp(await png(drawn)).metadata();
  expect([width, format]).toEqual([192, "png"]);
  expect(await dataUri(drawn)).toMatch(/^data:image\/jpeg;base64,/);
});

it("enlarges small pictures by whole factors, and leaves large ones unchanged", () => {
  expect([48, 50, 192, 224, 336].map(shownSide)).toEqual([192, 200, 192, 224, 336]);
});

it("clips a saliency map at its 99th percentile, and leaves an empty one empty", () => {
  const data = Float32Array.from({ length: 101 }, (_, i) => (i === 100 ? 1000 : i));
  const strength = saliencyStrength({ height: 1, width: 101, data });
  expect([0, 50, 99, 100].map((i) => strength.data[i])).toEqual([0, Math.fround(50 / 99), 1, 1]);
  expect(saliencyStrength({ height: 1, width: 2, data: new Float32Array(2) }).data).toEqual(new Float32Array(2));
});

it("shows only the k patches, shaded by score", () => {
  const { data } = patchStrength({ indices: [3, 0, 2], scores: [0.5, 0.4, 0.3] }, { height: 2, width: 2 });
  expect([...data].map((value) => Number(value.toFixed(6)))).toEqual([0.7, 0, 0.4, 1]);
  expect([...patchStrength({ indices: [1], scores: [0.5] }, { height: 1, width: 2 }).data]).toEqual([0, 1]);
});
