import { join } from "node:path";
import type { Sample } from "../data/sample.ts";
import { MpaError } from "../errors.ts";
import { decodeImage } from "./decode.ts";
import { crop, inColour, type RgbImage } from "./image.ts";
import type { ImageCache } from "./imageCache.ts";

/** Reads a sample's picture from its file under `root`, cut to its box. Fails with `IMAGE` where it is unreadable. */
export const sampleReader =
  (root: string, cache?: ImageCache) =>
  async ({ file, box, grey }: Sample): Promise<RgbImage> => {
    if (grey !== undefined) return inColour(grey);
    const cached = cache?.get(file);
    if (cached !== undefined) return cached;
    const path = join(root, file);
    const image = cutOut(await decodeImage(path, path), box, path);
    cache?.add(file, image);
    return image;
  };

function cutOut(image: RgbImage, box: Sample["box"], where: string): RgbImage {
  if (box === undefined) return image;
  const [left, top, right, bottom] = box;
  if (right > image.width || bottom > image.height) {
    const what = `the face box (${box.join(", ")}) leaves the image of ${image.width}×${image.height}`;
    throw new MpaError("IMAGE", what, where, "correct the box in the label file");
  }
  return crop(image, { left, top, width: right - left, height: bottom - top });
}
