/** Plain server of files under a path, as GitHub pages and its like are: no headers of its own, no answers but files. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { LocalServer } from "./localServer.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

export class FileServer extends LocalServer {
  readonly #folder: string;
  readonly #path: string;

  /** Serves `folder` under `path`, which begins and ends with a slash. */
  constructor(folder: string, path: string) {
    super();
    this.#folder = folder;
    this.#path = path;
  }

  /** Address of the folder, with a slash at its end. */
  get url(): string {
    return this.endpoint + this.#path;
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    try {
      if (!name.startsWith(this.#path)) throw new Error(`${name} is outside of ${this.#path}`);
      const body = await readFile(join(this.#folder, decodeURIComponent(name.slice(this.#path.length))));
      response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}
