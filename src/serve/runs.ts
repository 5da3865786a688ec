/** The run folders under one folder, as the page compares them. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readRecords, runFiles } from "../experiment/runFolder.ts";
import { readJson } from "../files.ts";

/** A folder of cells of tables lies this deep at most. */
const deepest = 4;

const share = z.number();
const metrics = z.object({
  accuracy: share,
  uar: share,
  ece: share,
  n: z.number(),
  perClass: z.record(z.string(), z.object({ recall: share, support: z.number() })),
});
/** What the page shows of a `run.json`. */
const manifest = z.object({
  finished: z.boolean(),
  config: z.looseObject({ variant: z.string(), dataset: z.string(), seed: z.number() }),
  backbone: z.object({ name: z.string() }),
  steps: z.number(),
  epochs: z.number(),
  metrics: metrics.optional(),
  protocol: z.string().optional(),
});
const epoch = z.object({
  kind: z.literal("epoch"),
  epoch: z.number(),
  validation: z.object({ accuracy: share }),
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
  readonly metrics?: z.output<typeof metrics>;
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

const readManifest = (root: string, name: string) => readJson(join(root, name, runFiles.manifest), manifest, "CONFIG");

async function summaryOf(root: string, name: string): Promise<RunSummary> {
  const { backbone, config, metrics: figures, ...state } = await readManifest(root, name);
  const { variant, dataset, seed } = config;
  const report = existsSync(join(root, name, runFiles.report));
  return { name, variant, dataset, backbone: backbone.name, seed, metrics: figures, ...state, report };
}
