/** The page's files, and the models that it runs in browsers. */

import { existsSync } from "node:fs";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { adaptedPromptsFile, defaultBackbone } from "../model/backbone.ts";
import { packageFile } from "../packageInfo.ts";

/** What browsers load of the package's models. */
const models = [defaultBackbone, "centerface"];

/** Files that do not change while the server runs; browsers ask whether they did. */
export function pageRoutes(pageFolder = packageFile("dist/page")): Hono {
  const routes = new Hono();
  for (const name of models) {
    const rewriteRequestPath = (path: string) => path.slice("/models".length);
    routes.get(`/models/${name}/*`, serveStatic({ root: packageFile("models"), rewriteRequestPath }));
  }
  // Missing is an answer here; a 404 would stand in the browser's console as an error.
  routes.get(`/models/*/${adaptedPromptsFile}`, (c) => c.body(null, 204));
  if (existsSync(pageFolder)) routes.get("*", serveStatic({ root: pageFolder }));
  return routes;
}
