/**
 * Pictures as a graph takes them that samples its pixels itself (`pictureGraph.ts`): a row of float32 an image, which holds a square frame
 * of colours and the numbers of the sampling. A colour is 24 bits in one value, red + 256 green + 65536 blue, which float32 holds exactly.
 */

import type { Box, RgbImage } from "../pictures/image.ts";
import { columnsFirst } from "../pictures/resize.ts";
import type { ClipPreprocess } from "./preprocess.ts";
import { type Sampling, sample } from "./sampling.ts";

/** The sides of pictures that fit in a frame; larger parts of pictures are resized before they are written. */
const usualSide = 256;

/** F: frames are F × F, at least as large as the encoder's pixels. */
export const frameSide = (imageSize: number): number => Math.max(imageSize, usualSide);

/** Numbers of a sampling along one axis, in this order. */
export const axisNumbers = ["inverse", "step", "origin", "length", "eraseStart", "eraseEnd"] as const;

/**
 * Numbers of a sampling behind the frame: `axisNumbers` along the width, the same along the height, and 1 for a transposed picture, else 0.
 * Output i has its centre at (step·i + origin)/inverse in the frame, whose first `length` positions belong to the picture; `inverse` is one
 * over the filter's scale. Along the width and height of the frame, and the erased part along those of the pixels.
 */
export const samplingNumbers = 2 * axisNumbers.length + 1;

/** How an image is given to a graph: the encoder's pixels [3,S,S], or a row of `writePicture` from which the graph makes them. */
export const imageForms = ["pixels", "pictures"] as const;
export type ImageForm = (typeof imageForms)[number];

/** Values of an image in a form. */
export const imageValues = (form: ImageForm, imageSize: number): number =>
  form === "pixels" ? 3 * imageSize ** 2 : rowLength(imageSize);

/** Values of a row, for pixels of `imageSize` × `imageSize`. */
export const rowLength = (imageSize: number): number => frameSide(imageSize) ** 2 + samplingNumbers;

/** Writes a picture and its sampling as a row at `offset`. What the row held before may remain beside the picture, where weights are 0. */
export function writePicture(
  image: RgbImage,
  sampling: Sampling,
  { imageSize, filter }: Pick<ClipPreprocess, "imageSize" | "filter">,
  out: Float32Array,
  offset: number,
): void {
  const { region, size, window, isFlipped = false, erased } = sampling;
  const frame = frameSide(imageSize);
  if (!fits(sampling, frame)) {
    const whole = { left: 0, top: 0, width: imageSize, height: imageSize };
    const plain = { region: whole, size: whole, window: whole, erased };
    writePicture(sample(image, sampling, filter), plain, { imageSize, filter }, out, offset);
    return;
  }
  // The graph changes the width first, so pictures whose height comes first are turned.
  const isTransposed = columnsFirst(region, size);
  const write = isTransposed ? writeTransposed : writeUpright;
  write(image, region, out, { offset, frame });
  const width = alongAxis(region.width, size.width, { start: window.left, length: imageSize, isFlipped });
  const height = alongAxis(region.height, size.height, { start: window.top, length: imageSize, isFlipped: false });
  const [across, along] = isTransposed ? [height, width] : [width, height];
  const { left, top, width: erasedWidth, height: erasedHeight } = erased ?? nothing;
  out.set(
    [...[...across, left, left + erasedWidth], ...[...along, top, top + erasedHeight], isTransposed ? 1 : 0],
    offset + frame ** 2,
  );
}

const nothing: Box = { left: 0, top: 0, width: 0, height: 0 };

/** Whether a graph can sample this: a part that fits in the frame, and a window without a black margin. */
function fits({ region, size, window }: Sampling, frame: number): boolean {
  const isWithin = (start: number, length: number, whole: number) => start >= 0 && start + length <= whole;
  return (
    Math.max(region.width, region.height) <= frame &&
    isWithin(window.left, window.width, size.width) &&
    isWithin(window.top, window.height, size.height)
  );
}

/** Where the values of a picture begin in the frames, and the frame's side. */
interface Place {
  readonly offset: number;
  readonly frame: number;
}

/**
 * Writes the colours row by row. Four pixels are three words, which takes half the time of twelve bytes. Words are little-endian, as on
 * every processor of ONNX Runtime.
 */
function writeUpright({ width, data }: RgbImage, region: Box, out: Float32Array, { offset, frame }: Place): void {
  const start = -data.byteOffset & 3;
  const words = new Uint32Array(data.buffer, data.byteOffset + start, (data.length - start) >> 2);
  for (let y = 0; y < region.height; y++) {
    let from = ((region.top + y) * width + region.left) * 3;
    let to = offset + y * frame;
    const end = from + 3 * region.width;
    for (; from < end && ((from - start) & 3) !== 0; from += 3) out[to++] = colourAt(data, from);
    for (let word = (from - start) >> 2; from + 12 <= end; from += 12, word += 3, to += 4) {
      const first = words[word];
      const second = words[word + 1];
      const third = words[word + 2];
      out[to] = first & 0xffffff;
      out[to + 1] = (first >>> 24) | ((second & 0xffff) << 8);
      out[to + 2] = (second >>> 16) | ((third & 0xff) << 16);
      out[to + 3] = third >>> 8;
    }
    for (; from < end; from += 3) out[to++] = colourAt(data, from);
  }
}

/** Writes the colours column by column, each as a row of the frame. */
function writeTransposed({ width, data }: RgbImage, region: Box, out: Float32Array, { offset, frame }: Place): void {
  for (let x = 0; x < region.width; x++) {
    let from = (region.top * width + region.left + x) * 3;
    const end = offset + x * frame + region.height;
    for (let to = offset + x * frame; to < end; to++, from += 3 * width) out[to] = colourAt(data, from);
  }
}

const colourAt = (data: Uint8Array, at: number): number => data[at] | (data[at + 1] << 8) | (data[at + 2] << 16);

/** The outputs of one axis: those of the window from `start` on, in reverse where flipped. */
interface AxisWindow {
  readonly start: number;
  readonly length: number;
  readonly isFlipped: boolean;
}

/** inverse, step, origin and length (`axisNumbers`) of a resize of `from` values to `to`. */
function alongAxis(from: number, to: number, { start, length, isFlipped }: AxisWindow): readonly number[] {
  const scale = from / to;
  const inverse = 1 / Math.max(1, scale);
  const [first, step] = isFlipped ? [start + length - 1, -scale] : [start, scale];
  return [inverse, step * inverse, (first + 0.5) * scale * inverse, from];
}
