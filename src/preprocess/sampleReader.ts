import { imagePath } from "../data/imagePath.ts";
import type { Sample, Split } from "../data/sample.ts";
import { cutToBox } from "./cutToBox.ts";
import { decodeImage } from "./decode.ts";
import { inColour, type RgbImage } from "./image.ts";
import type { ImageCache } from "./imageCache.ts";

/** Reads a sample's picture from its file in the split's folder, cut to its box. Fails with `IMAGE` where it is unreadable. */
export const sampleReader =
  (split: Pick<Split, "root" | "listedIn">, cache?: ImageCache) =>
  async ({ file, box, grey }: Sample): Promise<RgbImage> => {
    if (grey !== undefined) return inColour(grey);
    const cached = cache?.get(file);
    if (cached !== undefined) return cached;
    const path = await imagePath(split, file);
    const image = cutToBox(await decodeImage(path, path), box, path);
    cache?.add(file, image);
    return image;
  };
