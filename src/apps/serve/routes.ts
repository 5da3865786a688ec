/** The run browser's part of the API: all runs, one run, its report. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { z } from "zod";
import { adaptedPromptsFile, defaultBackbone } from "../../clip/backbone.ts";
import { readJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { packageFile } from "../../platform/package.node.ts";
import { metricsSchema, recordedOptionsSchema, runSchema, shownMetricsSchema } from "../../runs/manifest.ts";
import { readRecords, runFiles } from "../../runs/runFolder.ts";
import { HttpError } from "./body.ts";

/* The run folders under one folder, as the page compares them. */

/** A folder of cells of tables lies this deep at most. */
const deepest = 4;

/** What the page shows of a `run.json`. */
const shownRunSchema = runSchema.pick({ finished: true, steps: true, epochs: true, protocol: true }).extend({
  config: recordedOptionsSchema.pick({ variant: true, dataset: true, seed: true }).loose(),
  backbone: runSchema.shape.backbone.pick({ name: true }),
  metrics: shownMetricsSchema.optional(),
});
const epoch = z.object({
  kind: z.literal("epoch"),
  epoch: z.number(),
  validation: metricsSchema.pick({ accuracy: true }),
});

export interface RunSummary {
  /** its path under the folder, with forward slashes */
  readonly name: string;
  readonly variant: string;
  readonly dataset: string;
  readonly backbone: string;
  readonly seed: number;
  readonly finished: boolean;
  readonly steps: number;
  readonly epochs: number;
  /** of the best epoch on the validation split, or what `protocol` says */
  readonly metrics?: z.output<typeof shownMetricsSchema>;
  /** what the paper's protocol makes of the figures; absent for the project's own */
  readonly protocol?: string;
  /** whether there is a report */
  readonly report: boolean;
}

export interface RunDetails extends RunSummary {
  readonly config: Readonly<Record<string, unknown>>;
  /** accuracy on the validation split after each epoch */
  readonly validation: readonly { readonly epoch: number; readonly accuracy: number }[];
}

/** All runs by name; a folder whose `run.json` is not one is left out. */
export async function listRuns(root: string): Promise<RunSummary[]> {
  const names = (await runNames(root, "", 0)).sort();
  const found = await Promise.all(names.map((name) => summaryOf(root, name).catch(() => undefined)));
  return found.filter((run) => run !== undefined);
}

/** One run, or undefined where there is none of that name. Only names that `listRuns` gives reach the disk. */
export async function findRun(root: string, name: string): Promise<RunDetails | undefined> {
  if (!(await runNames(root, "", 0)).includes(name)) return undefined;
  const { config } = await readManifest(root, name);
  const records = join(root, name, runFiles.metrics);
  const epochs = existsSync(records) ? await readRecords(records) : [];
  const validation = epochs.flatMap((record) => {
    const parsed = epoch.safeParse(record);
    return parsed.success ? [{ epoch: parsed.data.epoch, accuracy: parsed.data.validation.accuracy }] : [];
  });
  return { ...(await summaryOf(root, name)), config, validation };
}

/** The report's path, or undefined where there is none. */
export async function findReport(root: string, name: string): Promise<string | undefined> {
  const path = join(root, name, runFiles.report);
  return (await runNames(root, "", 0)).includes(name) && existsSync(path) ? path : undefined;
}

async function runNames(root: string, under: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(root, under), { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name === runFiles.manifest) ? [under || "."] : [];
  if (depth === deepest) return own;
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const below = folders.map(({ name }) => runNames(root, under === "" ? name : `${under}/${name}`, depth + 1));
  return [...own, ...(await Promise.all(below)).flat()];
}

const readManifest = (root: string, name: string) =>
  readJson(join(root, name, runFiles.manifest), shownRunSchema, "CONFIG", jsonBounds.run);

async function summaryOf(root: string, name: string): Promise<RunSummary> {
  const { backbone, config, metrics: figures, ...state } = await readManifest(root, name);
  const { variant, dataset, seed } = config;
  const report = existsSync(join(root, name, runFiles.report));
  return { name, variant, dataset, backbone: backbone.name, seed, metrics: figures, ...state, report };
}

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

/* The page's files, and the models that it runs in browsers. */

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
