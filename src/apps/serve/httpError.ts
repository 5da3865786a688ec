/** What is wrong with a request, as the client is told: one shape for every error. */
import type { ContentfulStatusCode } from "hono/utils/http-status";

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

export const tooLarge = (message: string): HttpError => new HttpError(413, "TOO_LARGE", message);

/** A request whose client went away, or was cut, before all of it was there: nobody hears this answer. */
export class Abandoned extends HttpError {
  constructor() {
    super(400, "ABANDONED", "the request ended before all of it was there");
  }
}
