/** Everything in a browser that is a picture. */
import { MpaError, messageOf } from "../errors.ts";
import type { RgbImage } from "../preprocess/image.ts";
import { fromPixelData, type PixelData } from "../preprocess/imageData.ts";

/** A `Blob` or `File`, its bytes, pixels such as `ImageData`, or anything that can be drawn: a canvas, an image, a video's frame. */
export type BrowserImage =
  | Blob
  | Uint8Array<ArrayBuffer>
  | ArrayBuffer
  | PixelData
  | Exclude<CanvasImageSource, SVGImageElement>;

/** As for files: larger pictures are refused. */
const maxPixels = 40_000_000;

/** Upright sRGB pixels; what is transparent is black. Throws IMAGE. */
export async function decodeBrowserImage(image: BrowserImage): Promise<RgbImage> {
  if (image instanceof Uint8Array || image instanceof ArrayBuffer) return decodeBrowserImage(new Blob([image]));
  if ("data" in image) return fromPixelData(image);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(image, { imageOrientation: "from-image" });
  } catch (cause) {
    const name = image instanceof File ? image.name : "the given picture";
    throw new MpaError("IMAGE", `this browser cannot read it (${messageOf(cause)})`, name, "use a JPEG or PNG", {
      cause,
    });
  }
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  if (width * height > maxPixels) {
    const what = `${width}×${height} pixels are more than ${maxPixels / 1e6} million`;
    throw new MpaError("IMAGE", what, undefined, "make it smaller");
  }
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (canvas === null) throw new MpaError("RUNTIME", "this browser has no 2D canvas to decode pictures with");
  canvas.drawImage(bitmap, 0, 0);
  return fromPixelData(canvas.getImageData(0, 0, width, height));
}
