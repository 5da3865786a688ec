import type { Sample } from "../data/sample.ts";
import { MpaError } from "../errors.ts";
import { crop, type RgbImage } from "./image.ts";

/** The part of an image in its face box. Throws IMAGE where the box leaves the image, before anything is allocated for it. */
export function cutToBox(image: RgbImage, box: Sample["box"], where: string): RgbImage {
  if (box === undefined) return image;
  const [left, top, right, bottom] = box;
  if (right > image.width || bottom > image.height) {
    const what = `the face box (${box.join(", ")}) leaves the image of ${image.width}×${image.height}`;
    throw new MpaError("IMAGE", what, where, "correct the box in the label file");
  }
  return crop(image, { left, top, width: right - left, height: bottom - top });
}
