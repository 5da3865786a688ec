/** Pictures of a request: its body, or the files of a form. Paths and URLs are not accepted. */
import { kindOf } from "../../pictures/kinds.ts";
import { Abandoned, busy, HttpError, tooLarge } from "./httpError.ts";
import type { PictureRequest } from "./model.ts";
import { type FormLimits, type FormPart, MultipartParser, tooManyFiles } from "./multipart.ts";

export interface BodyLimits extends FormLimits {
  /** maximum total bytes of all requests, from the first byte read until the response */
  readonly together: number;
}

export const defaultBodyLimits: BodyLimits = { picture: 20e6, parts: 16, together: 256e6 };

/** Uploaded picture with the name under which the response reports it. */
export interface SentPicture {
  readonly name: string;
  readonly bytes: PictureRequest["bytes"];
}

/** Incremental parser of a body. */
interface BodyParser {
  /** maximum size of the body in bytes */
  readonly max: number;
  write(piece: Uint8Array): void;
  /** Returns the pictures. Throws HttpError if there is none. */
  finish(): SentPicture[];
}

/** Reads bodies within the limits, which apply to all concurrent requests together. */
export class BodyReader {
  readonly #limits: BodyLimits;
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Bytes of the requests being read or answered. */
  get held(): number {
    return this.#held;
  }

  /**
   * Passes the request's pictures to `work`; their bytes count towards the limit until it settles. Throws HttpError: 400
   * without a picture, 413 if it is too large, 503 if other requests hold too much; rethrows errors of `work`.
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

/** Yields the body as it arrives. Throws Abandoned if it breaks off, the only way in which a request stream fails. */
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

/** Parser of forms. A part is a picture if it has a file name, or by its bytes, because some clients send no name. */
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
