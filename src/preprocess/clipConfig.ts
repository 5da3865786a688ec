import { z } from "zod";
import { MpaError } from "../errors.ts";
import type { Size } from "./image.ts";
import type { ResampleFilter } from "./resize.ts";

/** How an image becomes the tower's input: resize, centre crop, rescale, normalise, each where it is set. */
export interface ClipPreprocess {
  /** S: the tower takes [3, S, S] */
  readonly imageSize: number;
  /** a number: that many pixels on the shorter edge, the aspect kept */
  readonly resize: number | Size | undefined;
  readonly crop: Size | undefined;
  readonly filter: ResampleFilter;
  /** [3, 256]: the normalised value of each byte of each channel */
  readonly normalised: Float32Array;
  /** what the table was made of, in units of rescaled pixels; 0 and 1 where normalising is off */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** 1/255 by default; 1 where rescaling is off */
  readonly rescaleFactor: number;
}

/** No tower takes more; a picture of 8 : 1 comes to 100 MB then. */
const pixels = z.number().int().positive().max(2048);
const sides = z.object({ height: pixels, width: pixels });
const channels = z.array(z.number()).length(3);

/** Absent fields take the values of OpenAI's CLIP (Hugging Face `CLIPImageProcessor`). */
const schema = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([pixels, z.object({ shortest_edge: pixels }), sides]).optional(),
  resample: z.number().default(3),
  do_center_crop: z.boolean().default(true),
  crop_size: z.union([pixels, sides]).optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: channels.refine((std) => std.every((value) => value > 0)).default([0.26862954, 0.26130258, 0.27577711]),
});

/** Pillow's numbers for its filters. */
const filters: Readonly<Record<number, ResampleFilter>> = { 1: "lanczos", 2: "bilinear", 3: "bicubic" };

/**
 * Reads the content of a `preprocessor_config.json` for a tower of `imageSize`. `undefined`, where the file is absent,
 * gives CLIP's defaults at that size. Fails with `CONFIG` at `where` for fields that do not validate, for a filter
 * other than Lanczos, bilinear and bicubic, and where the images would not come out as imageSize × imageSize.
 */
export function parseClipPreprocess(content: unknown, imageSize: number, where: string): ClipPreprocess {
  const parsed = schema.safeParse(content ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MpaError("CONFIG", `${issue.path.join(".") || "the content"}: ${issue.message}`, where, restore);
  }
  const raw = parsed.data;
  const filter = filters[raw.resample];
  if (filter === undefined) {
    throw new MpaError("CONFIG", `resample ${raw.resample} is not supported`, where, "use 1, 2 or 3");
  }
  const resize = raw.do_resize ? toResize(raw.size ?? imageSize) : undefined;
  const crop = raw.do_center_crop ? toSize(raw.crop_size ?? imageSize) : undefined;
  requireSize(crop ?? resize, imageSize, where);
  const mean = raw.do_normalize ? raw.image_mean : [0, 0, 0];
  const std = raw.do_normalize ? raw.image_std : [1, 1, 1];
  const rescaleFactor = raw.do_rescale ? raw.rescale_factor : 1;
  const normalised = normalisedBytes(rescaleFactor, mean, std);
  return { imageSize, resize, crop, filter, normalised, mean, std, rescaleFactor };
}

const restore = "restore the backbone's preprocessor_config.json";

function toResize(size: number | { shortest_edge: number } | Size): number | Size {
  if (typeof size === "number") return size;
  return "shortest_edge" in size ? size.shortest_edge : size;
}

function toSize(size: number | Size): Size {
  return typeof size === "number" ? { width: size, height: size } : size;
}

function requireSize(output: number | Size | undefined, imageSize: number, where: string): void {
  if (typeof output === "object" && output.width === imageSize && output.height === imageSize) return;
  const made = typeof output === "object" ? `images of ${output.width}×${output.height}` : "images of their own aspect";
  throw new MpaError("CONFIG", `it makes ${made} where the tower takes ${imageSize}×${imageSize}`, where, restore);
}

/** Rounds where `CLIPImageProcessor` does: after rescaling and after each step of normalising, to float32. */
function normalisedBytes(rescaleFactor: number, mean: readonly number[], std: readonly number[]): Float32Array {
  const f = Math.fround;
  return Float32Array.from({ length: 3 * 256 }, (_, i) => {
    const channel = Math.floor(i / 256);
    return f(f(f((i % 256) * rescaleFactor) - f(mean[channel])) / f(std[channel]));
  });
}
