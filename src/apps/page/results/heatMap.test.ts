import { expect, it } from "vitest";
import { colourOf, mapLayer, patchLayer } from "./heatMap.ts";

it("scales a map from its minimum to its maximum", () => {
  const layer = mapLayer({ width: 2, height: 2, data: [-1, 0, 1, 3] }, false);
  expect(layer).toEqual({ width: 2, height: 2, strengths: [0, 0.25, 0.5, 1], hasPatches: false });
  expect(mapLayer({ width: 2, height: 1, data: [4, 4] }, true).strengths).toEqual([0, 0]);
});

it("marks the nearest patches, the best the strongest", () => {
  const map = { width: 2, height: 2, data: [0, 0, 0, 0] };
  const layer = patchLayer({ face: "", similarity: map, saliency: map, patches: [3, 0] });
  expect(layer.strengths).toEqual([1 - 0.65 / 2, 0, 0, 1]);
});

it("leaves the face visible where a map is weak", () => {
  expect(colourOf(0)).toEqual([66, 10, 104, 0]);
  expect(colourOf(1)).toEqual([252, 255, 164, 255]);
  expect(colourOf(2)).toEqual(colourOf(1));
});
