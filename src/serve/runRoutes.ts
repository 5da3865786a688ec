/** The run browser's part of the API: all runs, one run, its report. */
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { HttpError } from "./httpError.ts";
import { findReport, findRun, listRuns } from "./runs.ts";

/** A report is one file with its style inside; it may load nothing. */
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

/** Routes under `/api/runs` over the runs in a folder; without a folder there is nothing. */
export function runRoutes(root: string | undefined): Hono {
  const routes = new Hono();
  routes.get("/", async (c) => c.json(await listRuns(folderOf(root))));
  routes.get("/:name", async (c) => {
    const run = await findRun(folderOf(root), c.req.param("name"));
    if (run === undefined) throw noRun();
    return c.json(run);
  });
  routes.get("/:name/report.html", async (c) => {
    const path = await findReport(folderOf(root), c.req.param("name"));
    if (path === undefined) throw noRun();
    const page = await readFile(path, "utf8");
    return c.html(page, 200, { "Content-Security-Policy": reportPolicy });
  });
  return routes;
}

function folderOf(root: string | undefined): string {
  if (root === undefined) throw new HttpError(404, "NOT_FOUND", "the server was started without --runs");
  return root;
}

const noRun = (): HttpError => new HttpError(404, "NOT_FOUND", "there is no such run");
