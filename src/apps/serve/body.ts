/** The pictures of a request: its body as it is, or the parts of a form. Never a path, never an address. */
import { kindOf } from "../../pictures/kinds.ts";
import { Abandoned, busy, HttpError, tooLarge } from "./httpError.ts";
import type { PictureRequest } from "./model.ts";
import { type FormLimits, type FormPart, MultipartParser, tooManyFiles } from "./multipart.ts";

export interface BodyLimits extends FormLimits {
  /** bytes that all requests together may hold, from the first that is read until they are answered */
  readonly together: number;
}

export const usualLimits: BodyLimits = { picture: 20e6, parts: 16, together: 256e6 };

/** A picture that was sent, and what the answer calls it. */
export interface SentPicture {
  readonly name: string;
  readonly bytes: PictureRequest["bytes"];
}

/** Takes a body piece by piece. */
interface BodyParser {
  /** bytes of the body at most */
  readonly max: number;
  write(piece: Uint8Array): void;
  /** Throws HttpError where there is no picture. */
  finish(): SentPicture[];
}

/** Reads bodies within the limits; what the requests hold at one time is counted over all of them. */
export class BodyReader {
  readonly #limits: BodyLimits;
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** bytes of the requests that are being read or answered */
  get held(): number {
    return this.#held;
  }

  /**
   * Gives the request's pictures to the work that answers them; their bytes count until it is done. Throws HttpError: 400
   * without a picture, 413 where it is too large, 503 where other requests hold too much; and what the work throws.
   */
  async answer<T>(request: Request, work: (pictures: readonly SentPicture[]) => Promise<T>): Promise<T> {
    let own = 0;
    const hold = (bytes: number) => {
      own += bytes;
      this.#held += bytes;
      if (this.#held > this.#limits.together) throw busy("the requests before this one hold too many bytes");
    };
    try {
      return await work(await this.#read(request, hold));
    } finally {
      this.#held -= own;
    }
  }

  async #read(request: Request, hold: (bytes: number) => void): Promise<SentPicture[]> {
    const type = request.headers.get("content-type") ?? "";
    const isForm = /^multipart\/form-data\b/i.test(type);
    const parser = isForm ? new FormBody(type, this.#limits) : new PlainBody(this.#limits);
    const tooLong = () => tooLarge(`the body has more than ${parser.max / 1e6} MB`);
    if (Number(request.headers.get("content-length") ?? 0) > parser.max) throw tooLong();
    let length = 0;
    for await (const piece of piecesOf(request)) {
      length += piece.length;
      if (length > parser.max) throw tooLong();
      hold(piece.length);
      parser.write(piece);
    }
    if (length === 0) throw new HttpError(400, "USAGE", "the request has no body; send a picture's bytes");
    return parser.finish();
  }
}

/** The body as it arrives. Throws Abandoned where it breaks off: a stream of a request fails for no other reason. */
async function* piecesOf({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    if (body !== null) yield* body;
  } catch {
    throw new Abandoned();
  }
}

class PlainBody implements BodyParser {
  readonly max: number;
  readonly #pieces: Uint8Array[] = [];

  constructor({ picture }: BodyLimits) {
    this.max = picture;
  }

  write(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  finish(): SentPicture[] {
    return [{ name: "image", bytes: Buffer.concat(this.#pieces) }];
  }
}

/** A part is a picture where it names a file, and where it is one by its bytes: some clients name none. */
class FormBody implements BodyParser {
  readonly max: number;
  readonly #parts: number;
  readonly #parser: MultipartParser;
  readonly #pictures: SentPicture[] = [];

  constructor(contentType: string, limits: BodyLimits) {
    this.max = Math.min(limits.together, limits.picture * limits.parts);
    this.#parts = limits.parts;
    this.#parser = new MultipartParser(contentType, limits);
  }

  write(piece: Uint8Array): void {
    for (const part of this.#parser.write(piece)) this.#add(part);
  }

  finish(): SentPicture[] {
    for (const part of this.#parser.finish()) this.#add(part);
    if (this.#pictures.length > 0) return this.#pictures;
    throw new HttpError(400, "USAGE", "the form has no file; send each picture as one");
  }

  #add({ name, file, bytes }: FormPart): void {
    if (file === undefined && kindOf(bytes) === undefined) return;
    if (this.#pictures.length === this.#parts) throw tooManyFiles(this.#parts);
    this.#pictures.push({ name: file || name || "image", bytes });
  }
}
