/** CenterFace (Xu et al., 2019), a face detector that predicts a heat map of face centres with box sizes and landmarks. */
import type { OnnxModel } from "../graph/onnx.ts";
import { type Results, type Session, single } from "../graph/runtime/session.ts";
import { elements } from "../graph/tensor.ts";
import type { RgbImage, Size } from "../pictures/image.ts";
import type { DetectedFace, Landmarks, Point } from "./face.ts";

/** Output stride: one cell covers 4 × 4 input pixels. */
const stride = 4;

/** Input sides must be multiples of this, because the network halves its input five times. */
const step = 32;

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

/** What the network sees in images: a list of faces each, in pixels of the image, with a score of at least `minScore`. */
export type Look = (images: readonly RgbImage[], minScore: number) => Promise<DetectedFace[][]>;

/** Runs the network on images in one batch; smaller ones are padded to the largest. */
export function lookWith(network: Session): Look {
  const inputs = new InputArrays();
  return async (images, minScore) => {
    const padded = (lengths: readonly number[]) => Math.ceil(Math.max(...lengths) / step) * step;
    const input = {
      width: padded(images.map(({ width }) => width)),
      height: padded(images.map(({ height }) => height)),
    };
    const shape = [images.length, 3, input.height, input.width];
    const pixels = inputs.take(elements(shape));
    writePixels(images, input, pixels);
    const results = await network.run({ pixels }, { pixels: shape });
    inputs.give(pixels);
    return decodeCenterFace(results, input, images.length, minScore);
  };
}

/** Inputs of the network that are used again, one for each look at the same time: memory that is new costs more time than the pixels. */
class InputArrays {
  readonly #free: Float32Array[] = [];

  /** An array of zeros. */
  take(length: number): Float32Array {
    const free = this.#free.pop();
    // One that is too short is left to the garbage collector, so that in the end each is as long as the longest look.
    return free !== undefined && free.length >= length ? free.subarray(0, length).fill(0) : new Float32Array(length);
  }

  give(array: Float32Array): void {
    this.#free.push(new Float32Array(array.buffer));
  }
}

/**
 * Writes images as `pixels` [n, 3, height, width] in 0 … 255, each at the left and top of `input`, which is not smaller than any. What
 * is beside it must be zero.
 */
function writePixels(images: readonly RgbImage[], input: Size, pixels: Float32Array): void {
  const plane = input.width * input.height;
  for (const [i, { width, height, data }] of images.entries()) {
    for (let y = 0; y < height; y++) {
      let from = 3 * y * width;
      let to = 3 * plane * i + y * input.width;
      for (let x = 0; x < width; x++, from += 3, to++) {
        pixels[to] = data[from];
        pixels[to + plane] = data[from + 1];
        pixels[to + 2 * plane] = data[from + 2];
      }
    }
  }
}

/** The cells with a score of at least `minScore` as faces in input pixels, a list for each of `n` images. Overlaps are not suppressed. */
function decodeCenterFace(results: Results, input: Size, n: number, minScore: number): DetectedFace[][] {
  const [heatmap, size, offset, landmarks] = ["heatmap", "size", "offset", "landmarks"].map((name) =>
    single(results[name]),
  );
  const columns = input.width / stride;
  const plane = columns * (input.height / stride);
  const faceAt = (image: number, cell: number, score: number): DetectedFace => {
    const at = (values: Float32Array, channel: number, channels: number) =>
      values[(image * channels + channel) * plane + cell];
    const height = Math.exp(at(size, 0, 2)) * stride;
    const width = Math.exp(at(size, 1, 2)) * stride;
    const x = ((cell % columns) + at(offset, 1, 2) + 0.5) * stride - width / 2;
    const y = (Math.floor(cell / columns) + at(offset, 0, 2) + 0.5) * stride - height / 2;
    const point = (i: number): Point => [
      x + at(landmarks, 2 * i + 1, 10) * width,
      y + at(landmarks, 2 * i, 10) * height,
    ];
    const points: Landmarks = [point(0), point(1), point(2), point(3), point(4)];
    return { box: [x, y, width, height], score, landmarks: points };
  };
  return Array.from({ length: n }, (_, image) => {
    const faces: DetectedFace[] = [];
    for (let cell = 0; cell < plane; cell++) {
      const score = heatmap[image * plane + cell];
      if (score >= minScore) faces.push(faceAt(image, cell, score));
    }
    return faces;
  });
}
