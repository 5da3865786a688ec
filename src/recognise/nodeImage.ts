/** Everything in Node that is a picture. */
import { fileURLToPath } from "node:url";
import { decodeImage } from "../preprocess/decode.ts";
import type { RgbImage } from "../preprocess/image.ts";
import { fromPixelData, type PixelData } from "../preprocess/imageData.ts";

/** A path or a file URL, the bytes of a file, a `Blob` or `File`, or pixels such as `ImageData`. */
export type NodeImage = string | URL | Uint8Array | ArrayBuffer | Blob | PixelData;

/** Upright sRGB pixels. Throws IMAGE. */
export async function decodeNodeImage(image: NodeImage): Promise<RgbImage> {
  if (typeof image === "string") return decodeImage(image, image);
  if (image instanceof URL) return decodeImage(fileURLToPath(image), fileURLToPath(image));
  if (image instanceof Uint8Array) return decodeImage(image, "the given bytes");
  if (image instanceof ArrayBuffer) return decodeImage(new Uint8Array(image), "the given bytes");
  if (image instanceof Blob) return decodeImage(new Uint8Array(await image.arrayBuffer()), "the given blob");
  return fromPixelData(image);
}
