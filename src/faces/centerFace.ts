/** CenterFace (Xu et al., 2019), a face detector that predicts a heat map of face centres with box sizes and landmarks. */
import type { OnnxModel } from "../graph/onnx.ts";
import type { Results } from "../graph/runtime/session.ts";
import type { RgbImage, Size } from "../pictures/image.ts";
import type { DetectedFace, Landmarks, Point } from "./face.ts";

/** Output stride: one cell covers 4 × 4 input pixels. */
const stride = 4;

/** Input sides must be multiples of this, because the network halves its input five times. */
export const step = 32;

/** The network as an ONNX model with dynamic width and height, multiples of `step`. */
export function centerFaceModel(bytes: Uint8Array): OnnxModel {
  const output = (channels: number) => ({ dtype: "float32" as const, shape: [-1, channels, -1, -1] });
  return {
    bytes,
    inputs: { pixels: { dtype: "float32", shape: [-1, 3, -1, -1] } },
    outputs: { heatmap: output(1), size: output(2), offset: output(2), landmarks: output(10) },
    weightFiles: [],
    multipliesBytes: false,
  };
}

/** The image as `pixels` [1, 3, height, width] in 0 … 255, padded with black at the right and bottom to `input`. */
export function centerFacePixels({ width, height, data }: RgbImage, input: Size): Float32Array {
  const plane = input.width * input.height;
  const pixels = new Float32Array(3 * plane);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      const to = y * input.width + x;
      pixels[to] = data[from];
      pixels[to + plane] = data[from + 1];
      pixels[to + 2 * plane] = data[from + 2];
    }
  }
  return pixels;
}

/** Decodes every cell with a score of at least `minScore` into a face in input pixels. Overlapping detections are not suppressed. */
export function decodeCenterFace(results: Results, input: Size, minScore: number): DetectedFace[] {
  const { heatmap, size, offset, landmarks } = results;
  const columns = input.width / stride;
  const plane = columns * (input.height / stride);
  const faces: DetectedFace[] = [];
  for (let cell = 0; cell < plane; cell++) {
    const score = Number(heatmap[cell]);
    if (!(score >= minScore)) continue;
    const at = (values: Results[string], channel: number) => Number(values[channel * plane + cell]);
    const height = Math.exp(at(size, 0)) * stride;
    const width = Math.exp(at(size, 1)) * stride;
    const x = ((cell % columns) + at(offset, 1) + 0.5) * stride - width / 2;
    const y = (Math.floor(cell / columns) + at(offset, 0) + 0.5) * stride - height / 2;
    const point = (i: number): Point => [x + at(landmarks, 2 * i + 1) * width, y + at(landmarks, 2 * i) * height];
    const points: Landmarks = [point(0), point(1), point(2), point(3), point(4)];
    faces.push({ box: [x, y, width, height], score, landmarks: points });
  }
  return faces;
}
