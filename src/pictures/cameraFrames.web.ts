/** Pixels of the frames of a camera, one after another in the same memory. */
import { MpaError } from "../platform/errors.ts";
import type { RgbImage, Size } from "./image.ts";

/** A frame as browsers hand it from one thread to another. */
export type CameraFrame = VideoFrame | ImageBitmap;

/** The shorter side of a frame is reduced to this: a face of a tenth of it has as many pixels as the bundled backbone reads. */
const maxShorterSide = 480;

/** Size at which a frame is read. */
export function cameraFrameSize({ width, height }: Size): Size {
  const share = Math.min(1, maxShorterSide / Math.min(width, height));
  return { width: Math.round(width * share), height: Math.round(height * share) };
}

/** Reads frames. Each result is valid until the next call, which writes into the same memory. */
export class CameraFrames {
  #canvas: OffscreenCanvasRenderingContext2D | undefined;
  #rgba = new Uint8Array();
  #rgb = new Uint8Array();
  #canCopy = true;

  /** Upright sRGB pixels, with the `original` size where the frame is larger than what is read of a camera. Throws RUNTIME. */
  async read(frame: CameraFrame): Promise<RgbImage> {
    const original = sizeOf(frame);
    const size = cameraFrameSize(original);
    const isWhole = size.width === original.width && size.height === original.height;
    const rgba = (isWhole ? await this.#copied(frame, size) : undefined) ?? this.#drawn(frame, size);
    const plane = size.width * size.height;
    if (this.#rgb.length !== 3 * plane) this.#rgb = new Uint8Array(3 * plane);
    const rgb = this.#rgb;
    for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
      rgb[to] = rgba[from];
      rgb[to + 1] = rgba[from + 1];
      rgb[to + 2] = rgba[from + 2];
    }
    return { ...size, data: rgb, ...(!isWhole && { original }) };
  }

  /** Pixels straight from the frame's own memory, without a canvas; undefined where the browser does not convert them, or they are turned. */
  async #copied(frame: CameraFrame, { width, height }: Size): Promise<Uint8Array | undefined> {
    if (!this.#canCopy || !("copyTo" in frame)) return undefined;
    const { visibleRect } = frame;
    const isTurned = "rotation" in frame && frame.rotation !== 0;
    if (isTurned || visibleRect?.width !== width || visibleRect.height !== height) return undefined;
    if (this.#rgba.length !== 4 * width * height) this.#rgba = new Uint8Array(4 * width * height);
    const options: VideoFrameCopyToOptions & { readonly format: "RGBA" } = { format: "RGBA" };
    try {
      // A browser that does not know the option would write planes of another format, which are shorter.
      if (frame.allocationSize(options) === this.#rgba.length) {
        await frame.copyTo(this.#rgba, options);
        return this.#rgba;
      }
    } catch {
      // This browser copies its own formats only.
    }
    this.#canCopy = false;
    return undefined;
  }

  #drawn(frame: CameraFrame, { width, height }: Size): Uint8ClampedArray {
    if (this.#canvas?.canvas.width !== width || this.#canvas.canvas.height !== height) {
      const created = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      if (created === null) throw new MpaError("RUNTIME", "this browser has no 2D canvas to read frames with");
      created.imageSmoothingQuality = "medium";
      this.#canvas = created;
    }
    this.#canvas.drawImage(frame, 0, 0, width, height);
    return this.#canvas.getImageData(0, 0, width, height).data;
  }
}

const sizeOf = (frame: CameraFrame): Size =>
  "displayWidth" in frame
    ? { width: frame.displayWidth, height: frame.displayHeight }
    : { width: frame.width, height: frame.height };
