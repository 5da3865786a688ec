import type { RgbImage } from "./image.ts";

/**
 * Decoded images by file, up to a number of bytes. What is in stays in: epochs visit every file once each, and under such
 * a cycle dropping the oldest would drop each image just before its turn.
 */
export class ImageCache {
  readonly #images = new Map<string, RgbImage>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = 512 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(file: string): RgbImage | undefined {
    return this.#images.get(file);
  }

  /** Keeps the image if there is room for it. */
  add(file: string, image: RgbImage): void {
    if (this.#images.has(file) || this.#bytes + image.data.length > this.#maxBytes) return;
    this.#images.set(file, image);
    this.#bytes += image.data.length;
  }
}
