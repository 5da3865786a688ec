/** HTTP errors: one JSON format for every failed request. */
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

/** Error 503, with the number of seconds after which a retry may succeed. */
export const busy = (message: string): HttpError => new HttpError(503, "BUSY", message, { "Retry-After": "1" });

export const tooLarge = (message: string): HttpError => new HttpError(413, "TOO_LARGE", message);

/** Request whose client disconnected, or was cut off, before it was complete; nobody receives the response. */
export class Abandoned extends HttpError {
  constructor() {
    super(400, "ABANDONED", "the request ended before all of it was there");
  }
}
