/** Local server with the part of the Hugging Face hub's protocol that a download uses; faults can be injected. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LocalServer } from "./localServer.ts";

export interface HubServerOptions {
  /** content by file name; those of `large` are served as large files: named by sha256, behind a redirect */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly large: readonly string[];
  readonly repo: string;
  readonly commit: string;
  /** token that requests must send */
  readonly token?: string;
}

/** Fault for the next requests whose path contains `path`. */
export interface Fault {
  readonly path: string;
  times: number;
  readonly kind: "status" | "cut" | "no ranges" | "other bytes";
  readonly status?: number;
  /** bytes before the connection is cut */
  readonly after?: number;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const gitHash = (bytes: Uint8Array) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

export class HubServer extends LocalServer {
  /** "METHOD path range" of every request, in order */
  readonly requests: string[] = [];
  readonly faults: Fault[] = [];
  readonly #options: HubServerOptions;

  constructor(options: HubServerOptions) {
    super();
    this.#options = options;
  }

  etag(name: string): string {
    const { files, large } = this.#options;
    return large.includes(name) ? sha256(files[name]) : gitHash(files[name]);
  }

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").split("?")[0];
    this.requests.push([request.method, path, request.headers.range].filter(Boolean).join(" "));
    const fault = this.faults.find((each) => each.times > 0 && path.includes(each.path));
    if (fault !== undefined) fault.times--;
    if (fault?.kind === "status") {
      response.writeHead(fault.status ?? 500, { "Retry-After": "0" }).end();
      return;
    }
    const { repo, commit, token, files, large } = this.#options;
    if (path.startsWith("/cdn/")) {
      this.#send(request, response, files[path.slice("/cdn/".length)], fault);
    } else if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { "Content-Type": "application/json" }).end('{"error":"Invalid credentials"}');
    } else if (path === `/api/models/${repo}/revision/main` || path === `/api/models/${repo}/revision/${commit}`) {
      json(response, { _id: "1", id: repo, sha: commit, private: false });
    } else if (path === `/api/models/${repo}/tree/${commit}`) {
      const entries = Object.entries(files).map(([name, bytes]) => {
        const lfs = { oid: sha256(bytes), size: bytes.length, pointerSize: 100 };
        const common = { type: "file", path: name, size: bytes.length, oid: gitHash(bytes) };
        return large.includes(name) ? { ...common, lfs } : common;
      });
      json(response, [{ type: "directory", path: "pictures", size: 0, oid: "0".repeat(40) }, ...entries]);
    } else if (path.startsWith(`/${repo}/resolve/${commit}/`)) {
      const name = path.slice(`/${repo}/resolve/${commit}/`.length);
      if (large.includes(name)) response.writeHead(302, { Location: `/cdn/${name}` }).end();
      else this.#send(request, response, files[name], fault);
    } else response.writeHead(404, { "Content-Type": "application/json" }).end('{"error":"Not found"}');
  }

  #send(request: IncomingMessage, response: ServerResponse, content: Uint8Array, fault: Fault | undefined): void {
    const bytes = fault?.kind === "other bytes" ? content.map((byte) => byte ^ 1) : content;
    const from = fault?.kind === "no ranges" ? 0 : Number(request.headers.range?.match(/bytes=(\d+)-/)?.[1] ?? 0);
    const part = bytes.subarray(from);
    const ranges = { "Content-Range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(from > 0 ? 206 : 200, { "Content-Length": part.length, ...(from > 0 && ranges) });
    if (fault?.kind !== "cut") {
      response.end(part);
      return;
    }
    response.write(part.subarray(0, fault.after ?? 0), () => response.destroy());
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}
