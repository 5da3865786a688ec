/** Everything in a browser that is a picture. */
import { MpaError, messageOf } from "../platform/errors.ts";
import { dataUriBytes, isDataUri, isPixelData, notAPicture, refuseAddress } from "./given.ts";
import { fromPixelData, type PixelData, type RgbImage } from "./image.ts";

/** A `Blob` or `File`, its bytes, a `data:` URI, pixels such as `ImageData`, or anything that can be drawn: a canvas, an image, a video's frame. */
export type BrowserImage =
  | Blob
  | ArrayBufferView<ArrayBuffer>
  | ArrayBuffer
  | string
  | PixelData
  | Exclude<CanvasImageSource, SVGImageElement>;

/** As for files: larger pictures are refused. */
const maxPixels = 40_000_000;

const takes = "a Blob or File, a file's bytes, a data: URI, pixels, a canvas, an image or a video";

/** Upright sRGB pixels; what is transparent is black. Throws IMAGE, and USAGE for what is no picture, such as an address. */
export async function decodeBrowserImage(image: BrowserImage): Promise<RgbImage> {
  if (typeof image === "string") return decodeBrowserImage(bytesOf(image));
  if (ArrayBuffer.isView(image) || image instanceof ArrayBuffer) return decodeBrowserImage(new Blob([image]));
  if (isPixelData(image)) return fromPixelData(image);
  // Callers in JavaScript can give anything.
  if (typeof image !== "object" || image === null || Array.isArray(image)) throw notAPicture(image, takes);
  if (image instanceof URL) return decodeBrowserImage(image.href);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(image, { imageOrientation: "from-image" });
  } catch (cause) {
    const name = image instanceof File ? image.name : "the given picture";
    throw new MpaError("IMAGE", `this browser cannot read it (${messageOf(cause)})`, {
      where: name,
      fix: "use a JPEG or PNG",
      cause,
    });
  }
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (isDataUri(text)) return dataUriBytes(text);
  refuseAddress(text);
  throw notAPicture(text, takes);
}

function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  if (width * height > maxPixels) {
    const what = `${width}×${height} pixels are more than ${maxPixels / 1e6} million`;
    throw new MpaError("IMAGE", what, { fix: "make it smaller" });
  }
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (canvas === null) throw new MpaError("RUNTIME", "this browser has no 2D canvas to decode pictures with");
  canvas.drawImage(bitmap, 0, 0);
  return fromPixelData(canvas.getImageData(0, 0, width, height));
}

/* Pixels as files, and back. */

/** PNG bytes. */
export async function encodePng({ width, height, data }: RgbImage): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const rgba = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    rgba.data.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
    rgba.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(rgba, 0, 0);
  return canvas.convertToBlob();
}

export async function dataUrl(image: RgbImage): Promise<string> {
  const bytes = new Uint8Array(await (await encodePng(image)).arrayBuffer());
  return `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}
