/** What is wrong with a request, as the client is told. */
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
