/** Cache of recently read pictures, with their faces ready to be explained. */
import type { PreparedPicture } from "../../../faces/recognizer.ts";

/** Default limit in bytes of pixels; a face of 224 × 224 pixels takes 0.6 MB. */
const usualMaxBytes = 64e6;

/** Cache of prepared pictures by id. It drops the oldest ones when the pixels of the faces exceed the limit. */
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
