/** The pictures of a request: its body as it is, or the parts of a form. Never a path, never an address. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { PictureRequest } from "./model.ts";

/* What is wrong with a request, as the client is told. */

export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  get body() {
    return { error: { code: this.code, message: this.message } };
  }
}

/** Asked again after this many seconds, a request may fare better. */
export const busy = (message: string): HttpError => new HttpError(503, "BUSY", message, { "Retry-After": "1" });

export interface BodyLimits {
  /** bytes of one picture */
  readonly picture: number;
  /** pictures of a form */
  readonly parts: number;
  /** bytes that all requests together may hold while they are read */
  readonly together: number;
}

export const usualLimits: BodyLimits = { picture: 20e6, parts: 16, together: 256e6 };

/** A picture that was sent, and what the answer calls it. */
export interface SentPicture {
  readonly name: string;
  readonly bytes: PictureRequest["bytes"];
}

/** Reads bodies within the limits; what the requests hold at one time is counted over all of them. */
export class BodyReader {
  readonly #limits: BodyLimits;
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Throws HttpError: 400 without a picture, 413 where it is too large, 503 where other requests hold too much. */
  async read(request: Request): Promise<SentPicture[]> {
    const { picture, parts } = this.#limits;
    const type = request.headers.get("content-type") ?? "";
    const isForm = /^multipart\/form-data\b/i.test(type);
    const max = isForm ? Math.min(this.#limits.together, picture * parts) : picture;
    const bytes = await this.#bytes(request, max);
    if (bytes.length === 0) throw new HttpError(400, "USAGE", "the request has no body; send a picture's bytes");
    return isForm ? this.#partsOf(bytes, type) : [{ name: "image", bytes }];
  }

  async #bytes(request: Request, most: number): Promise<Uint8Array<ArrayBuffer>> {
    const tooLarge = () => new HttpError(413, "TOO_LARGE", `the body has more than ${most / 1e6} MB`);
    if (Number(request.headers.get("content-length") ?? 0) > most) throw tooLarge();
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of request.body ?? []) {
        this.#held += chunk.length;
        length += chunk.length;
        chunks.push(chunk);
        if (length > most) throw tooLarge();
        if (this.#held > this.#limits.together) throw busy("too much is being sent at the same time");
      }
    } finally {
      this.#held -= length;
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  async #partsOf(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<SentPicture[]> {
    const form = await new Response(bytes, { headers: { "content-type": type } }).formData().catch(() => {
      throw new HttpError(400, "USAGE", "the form cannot be read");
    });
    const files = [...form.entries()].flatMap(([field, value]) =>
      typeof value === "string" ? [] : [{ field, value }],
    );
    const { parts, picture } = this.#limits;
    if (files.length === 0) throw new HttpError(400, "USAGE", "the form has no file");
    if (files.length > parts) throw new HttpError(413, "TOO_LARGE", `the form has more than ${parts} files`);
    return Promise.all(
      files.map(async ({ field, value }) => {
        if (value.size > picture) throw new HttpError(413, "TOO_LARGE", `a file has more than ${picture / 1e6} MB`);
        return { name: value.name || field, bytes: new Uint8Array(await value.arrayBuffer()) };
      }),
    );
  }
}
