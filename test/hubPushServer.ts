/** Local server with the part of the Hugging Face hub's protocol that a push uses. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { LocalServer } from "./localServer.ts";

const createSchema = z.object({
  name: z.string(),
  organization: z.string(),
  visibility: z.string(),
  type: z.literal("model"),
});
const preuploadSchema = z.object({
  files: z.array(z.object({ path: z.string(), size: z.number(), sample: z.base64() })),
});
const batchSchema = z.object({ objects: z.array(z.object({ oid: z.string(), size: z.number() })) });
const lineSchema = z.discriminatedUnion("key", [
  z.object({ key: z.literal("header"), value: z.object({ summary: z.string() }) }),
  z.object({ key: z.literal("file"), value: z.object({ path: z.string(), content: z.base64() }) }),
  z.object({
    key: z.literal("lfsFile"),
    value: z.object({ path: z.string(), algo: z.literal("sha256"), oid: z.string() }),
  }),
]);

export class HubPushServer extends LocalServer {
  /** "METHOD path" of every request, in order */
  readonly requests: string[] = [];
  /** of the last commit */
  readonly files: Record<string, Buffer> = {};
  title = "";
  created: z.infer<typeof createSchema> | undefined;
  /** number of requests that get status 503 first */
  failures = 0;
  readonly #token: string;
  readonly #large = new Map<string, Buffer>();

  constructor(token: string) {
    super();
    this.#token = token;
  }

  protected async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = request.url ?? "";
    this.requests.push(`${request.method} ${path}`);
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if (this.failures > 0) {
      this.failures--;
      send(503, { error: "busy" });
    } else if (path.startsWith("/upload/")) {
      const oid = createHash("sha256").update(body).digest("hex");
      this.#large.set(oid, body);
      send(path === `/upload/${oid}` ? 200 : 400, {});
    } else if (request.headers.authorization !== `Bearer ${this.#token}`) {
      send(401, { error: "Invalid credentials" });
    } else {
      const [status, value] = this.#take(path, String(body));
      send(status, value);
    }
  }

  #take(path: string, body: string): readonly [status: number, value: unknown] {
    if (path === "/api/repos/create") {
      if (this.created) return [409, { error: "You already created this model repo" }];
      this.created = createSchema.parse(JSON.parse(body));
      return [200, { url: `${this.endpoint}/owner/name`, id: "1" }];
    }
    if (path === "/api/models/owner/name/preupload/main") {
      const { files } = preuploadSchema.parse(JSON.parse(body));
      const mode = (file: string) => (file.endsWith(".safetensors") ? "lfs" : "regular");
      return [200, { files: files.map((file) => ({ path: file.path, uploadMode: mode(file.path) })) }];
    }
    if (path === "/owner/name.git/info/lfs/objects/batch") {
      const { objects } = batchSchema.parse(JSON.parse(body));
      const actions = (oid: string) => ({ upload: { href: `${this.endpoint}/upload/${oid}` } });
      return [200, { transfer: "basic", objects: objects.map((each) => ({ ...each, actions: actions(each.oid) })) }];
    }
    if (path !== "/api/models/owner/name/commit/main") return [404, { error: "Not found" }];
    for (const line of body.split("\n").map((text) => lineSchema.parse(JSON.parse(text)))) {
      if (line.key === "header") this.title = line.value.summary;
      else if (line.key === "file") this.files[line.value.path] = Buffer.from(line.value.content, "base64");
      else this.files[line.value.path] = this.#large.get(line.value.oid) ?? Buffer.alloc(0);
    }
    return [200, { success: true, commitOid: "c".repeat(40), commitUrl: `${this.endpoint}/owner/name/commit/c` }];
  }
}
