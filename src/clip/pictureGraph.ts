/**
 * Resizing, cropping, flipping, erasing and normalising as a graph, so that pictures go to a device as they are (`pictureRows.ts`). A resize
 * is a product with a matrix of filter weights along each axis, whose rows also hold the crop and the flip.
 */

import {
  abs,
  add,
  clamp,
  concat,
  div,
  floor,
  matmul,
  mul,
  reduceSum,
  reshape,
  scale,
  slice,
  sub,
  transpose,
} from "../graph/ops/index.ts";
import { constant, input, scalar, type Tensor } from "../graph/tensor.ts";
import type { ResampleFilter } from "../pictures/resize.ts";
import { MpaError } from "../platform/errors.ts";
import { axisNumbers, frameSide, rowLength } from "./pictureRows.ts";
import type { ClipPreprocess } from "./preprocess.ts";

/** The filters of which a graph makes weights; Lanczos needs a sine. */
const kernels: Readonly<Partial<Record<ResampleFilter, (distance: Tensor) => Tensor>>> = { bilinear, bicubic };

/** Whether a graph can sample pictures by this preprocessing. */
export const samplesInGraph = ({ filter }: Pick<ClipPreprocess, "filter">): boolean => kernels[filter] !== undefined;

/** The input `pictures` [B,L], rows of `writePicture`. */
export const pictureInput = (imageSize: number, batch: number): Tensor =>
  input("pictures", [batch, rowLength(imageSize)]);

/**
 * The encoder's pixels [B,3,S,S] of rows [B,L]: the bytes that `sample` gives, to two where single precision rounds another way, and
 * normalised. A row of zeros is black. `samplesInGraph` must hold.
 */
export function pixelsOfPictures(rows: Tensor, config: ClipPreprocess): Tensor {
  const { imageSize: side } = config;
  const [batch] = rows.shape;
  const frame = frameSide(side);
  const numbersStart = frame ** 2;
  const numbersEnd = numbersStart + 2 * axisNumbers.length;
  const ofAxes = reshape(slice(rows, 1, numbersStart, numbersEnd), [batch, 2, axisNumbers.length]);
  const number = (name: (typeof axisNumbers)[number]) => {
    const at = axisNumbers.indexOf(name);
    return reshape(slice(ofAxes, 2, at, at + 1), [batch, 2, 1, 1]);
  };
  const weights = axisWeights(number, { frame, side, filter: config.filter });
  const [across, along] = [0, 1].map((axis) => slice(weights, 1, axis, axis + 1));
  const colours = reshape(coloursOf(reshape(slice(rows, 1, 0, numbersStart), [batch, frame, frame])), [
    batch,
    3 * frame,
    frame,
  ]);
  const wide = bytes(matmul(colours, reshape(across, [batch, side, frame]), { transB: true }));
  const resized = bytes(matmul(along, reshape(wide, [batch, 3, frame, side])));
  const isTransposed = reshape(slice(rows, 1, numbersEnd, numbersEnd + 1), [batch, 1, 1, 1]);
  const upright = add(resized, mul(isTransposed, sub(transpose(resized, [0, 1, 3, 2]), resized)));
  return mul(normalised(upright, config), notErased(number, batch, side));
}

type AxisNumber = (name: (typeof axisNumbers)[number]) => Tensor;

interface AxisShape {
  /** inputs of an axis */
  readonly frame: number;
  /** outputs of an axis */
  readonly side: number;
  readonly filter: ResampleFilter;
}

/** Weights [B,2,S,F] of both axes: each row is the filter around the centre of its output, and sums to 1. */
function axisWeights(number: AxisNumber, { frame, side, filter }: AxisShape): Tensor {
  const kernel = kernels[filter];
  if (kernel === undefined) throw new MpaError("INTERNAL", `no graph samples by the filter ${filter}`);
  const positions = range(frame, [1, 1, 1, frame]);
  const inverse = number("inverse");
  const centres = add(mul(number("step"), range(side, [1, 1, side, 1])), number("origin"));
  const distances = abs(sub(mul(add(positions, scalar(0.5)), inverse), centres));
  // 1 in the picture, 0 behind it
  const isInside = clamp(sub(number("length"), positions), 0, 1);
  const values = mul(kernel(distances), isInside);
  return div(values, add(reduceSum(values, [3], true), scalar(smallest)));
}

/** Changes no sum of weights, and makes the weights of a row of zeros 0. */
const smallest = 1e-20;

function bilinear(distance: Tensor): Tensor {
  return sub(scalar(1), clamp(distance, 0, 1));
}

/** Keys' cubic convolution with a = −0.5: its two pieces, each 0 beyond its own interval. */
function bicubic(distance: Tensor): Tensor {
  const x = clamp(distance, 0, 1);
  const near = add(mul(mul(sub(scale(x, 1.5), scalar(2.5)), x), x), scalar(1));
  const y = clamp(distance, 1, 2);
  const far = sub(mul(add(mul(sub(y, scalar(5)), y), scalar(8)), y), scalar(4));
  return add(near, scale(far, -0.5));
}

/** Red, green and blue [B,3,F,F] of colours [B,F,F] in 24 bits. Every step is exact in single precision. */
function coloursOf(packed: Tensor): Tensor {
  const [batch, frame] = packed.shape;
  const blue = floor(scale(packed, 1 / 65536));
  const redAndGreen = sub(packed, scale(blue, 65536));
  const green = floor(scale(redAndGreen, 1 / 256));
  const red = sub(redAndGreen, scale(green, 256));
  return concat(
    [red, green, blue].map((colour) => reshape(colour, [batch, 1, frame, frame])),
    1,
  );
}

/** Rounded to 0 … 255, as each pass of `resize` is. */
const bytes = (x: Tensor): Tensor => clamp(floor(add(x, scalar(0.5))), 0, 255);

function normalised(x: Tensor, { mean, std, rescaleFactor }: ClipPreprocess): Tensor {
  const perChannel = (value: (c: number) => number) => constant(Float32Array.from([0, 1, 2], value), [3, 1, 1]);
  const gain = perChannel((c) => rescaleFactor / std[c]);
  return sub(
    mul(x, gain),
    perChannel((c) => mean[c] / std[c]),
  );
}

/** 0 in the erased part of each image, 1 elsewhere: [B,1,S,S]. */
function notErased(number: AxisNumber, batch: number, side: number): Tensor {
  const positions = range(side, [1, 1, side, 1]);
  const fromStart = clamp(add(sub(positions, number("eraseStart")), scalar(1)), 0, 1);
  const untilEnd = clamp(sub(number("eraseEnd"), positions), 0, 1);
  const isErased = mul(fromStart, untilEnd);
  const columns = reshape(slice(isErased, 1, 0, 1), [batch, 1, 1, side]);
  const rows = slice(isErased, 1, 1, 2);
  return sub(scalar(1), mul(rows, columns));
}

/** 0, 1, …, n−1. */
const range = (n: number, shape: readonly number[]): Tensor =>
  constant(
    Float32Array.from({ length: n }, (_, i) => i),
    shape,
  );
