/** Pictures that were just read, with their faces ready to be explained. */
import type { PreparedPicture } from "../../../faces/recognizer.ts";

/** Bytes of pixels at most; a face of 224 pixels has 0.6 MB. */
const usualMaxBytes = 64e6;

/** A cache of prepared pictures by number: when their faces take too much memory the oldest are dropped. */
export class PreparedPictures {
  readonly #maxBytes: number;
  readonly #pictures = new Map<number, PreparedPicture>();
  #bytes = 0;

  constructor(maxBytes = usualMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  keep(id: number, picture: PreparedPicture): void {
    this.forget(id);
    this.#pictures.set(id, picture);
    this.#bytes += bytesOf(picture);
    for (const oldest of this.#pictures.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.forget(oldest);
    }
  }

  get(id: number): PreparedPicture | undefined {
    return this.#pictures.get(id);
  }

  forget(id: number): void {
    const picture = this.#pictures.get(id);
    if (picture === undefined) return;
    this.#pictures.delete(id);
    this.#bytes -= bytesOf(picture);
  }
}

const bytesOf = ({ faces }: PreparedPicture): number => faces.reduce((sum, { pixels }) => sum + pixels.byteLength, 0);
