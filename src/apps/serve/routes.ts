/** Routes of the run browser, the page's files and its models. */
import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { adaptedPromptsFile, defaultBackbone } from "../../clip/backbone.ts";
import { isFailure } from "../../platform/errors.ts";
import { packageFile } from "../../platform/package.node.ts";
import { type FileBounds, openRegular } from "../../platform/regularFile.node.ts";
import { HttpError } from "./httpError.ts";
import { RunList } from "./runList.ts";

/** Content security policy of a report, a self-contained file that may load nothing. */
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

/** Routes under `/api/runs` for the runs in a folder; without a folder every route is absent. */
export function runRoutes(root: string | undefined): Hono {
  const routes = new Hono();
  const list = root === undefined ? undefined : new RunList(root);
  const runs = async <T>(ask: (list: RunList) => Promise<T>): Promise<T> => {
    if (list === undefined) throw new HttpError(404, "NOT_FOUND", "the server was started without --runs");
    try {
      return await ask(list);
    } catch (error) {
      if (!isFailure(error, "NOT_FOUND")) throw error;
      throw new HttpError(404, "NOT_FOUND", "the folder of runs is not there any more");
    }
  };
  routes.get("/", async (c) => c.json(await runs((all) => all.list())));
  routes.get("/:name", async (c) => {
    const run = await runs((all) => all.find(c.req.param("name")));
    if (run === undefined) throw noRun();
    return c.json(run);
  });
  routes.get("/:name/report.html", async (c) => {
    const path = await runs((all) => all.findReport(c.req.param("name")));
    if (path === undefined) throw noRun();
    const headers = { "Content-Type": "text/html; charset=UTF-8", "Content-Security-Policy": reportPolicy };
    return c.body(streamOf(path, { root }), 200, headers);
  });
  return routes;
}

const pieceBytes = 64 * 1024;

const noRun = (): HttpError => new HttpError(404, "NOT_FOUND", "there is no such run");

/** Models that browsers load from the package. */
const models = [defaultBackbone, "centerface"];

/** Routes of the page's files, which browsers revalidate. */
export function pageRoutes(pageFolder = packageFile("dist/page")): Hono {
  const routes = new Hono();
  for (const name of models) {
    const rewriteRequestPath = (path: string) => path.slice("/models".length);
    routes.get(`/models/${name}/*`, serveStatic({ root: packageFile("models"), rewriteRequestPath }));
  }
  // A missing file is expected here; a 404 would appear as an error in the browser's console.
  routes.get(`/models/*/${adaptedPromptsFile}`, (c) => c.body(null, 204));
  if (existsSync(pageFolder)) routes.get("*", serveStatic({ root: pageFolder }));
  return routes;
}

/**
 * Streams a file at the pace of the client, so that a slow one costs no memory. The file is opened at the first read, so that
 * an unsent response (HEAD, or a disconnected client) holds no file open.
 */
function streamOf(path: string, bounds: FileBounds): ReadableStream<Uint8Array> {
  let file: FileHandle | undefined;
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      try {
        file ??= await openRegular(path, bounds);
        const piece = new Uint8Array(pieceBytes);
        const { bytesRead } = await file.read(piece, 0, pieceBytes, null);
        if (bytesRead > 0) return controller.enqueue(piece.subarray(0, bytesRead));
        await file.close();
        controller.close();
      } catch (error) {
        await file?.close();
        throw error;
      }
    },
    cancel: () => file?.close(),
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
