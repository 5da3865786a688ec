/** The built page as files below a path, as on a server of files that knows nothing of it. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

export interface StaticSite {
  readonly url: string;
  /** paths that were asked for, without the site's own */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
};
const base = "/some/path/";
const models = join(import.meta.dirname, "../..");

/** Serves the page below a path on a free port, with the package's models; its index.html says that there is no server. */
export async function serveAsFiles(pageFolder: string): Promise<StaticSite> {
  const asked: string[] = [];
  const bytesOf = async (path: string): Promise<Buffer> => {
    if (path.startsWith("models/")) return readFile(join(models, normalize(path)));
    const bytes = await readFile(join(pageFolder, normalize(path)));
    if (path !== "index.html") return bytes;
    return Buffer.from(
      bytes.toString().replace('name="mpa-fer-server" content="auto"', 'name="mpa-fer-server" content="none"'),
    );
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === base ? "index.html" : pathname.slice(base.length);
    asked.push(path);
    bytesOf(path).then(
      (bytes) =>
        response.writeHead(200, { "Content-Type": types[extname(path)] ?? "application/octet-stream" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  return {
    ...{ url: `http://127.0.0.1:${address.port}${base}`, asked },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
