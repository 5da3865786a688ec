/** List of the run folders in a folder, for the page. Their content is untrusted. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { inOrder } from "../../platform/async.ts";
import { readJson } from "../../platform/files.node.ts";
import { parseStrictJson } from "../../platform/json.ts";
import { sha256 } from "../../platform/package.node.ts";
import { isReadable, openRegular } from "../../platform/regularFile.node.ts";
import {
  accuracySchema,
  intervalsSchema,
  recordedOptionsSchema,
  runSchema,
  shownMetricsSchema,
} from "../../runs/manifest.ts";
import { resultOptions } from "../../runs/optionRoles.ts";
import { runFiles } from "../../runs/runFolder.ts";
import { requireRunsFolder, runNames, versionOf } from "./runFolders.ts";

/** Maximum number of files read concurrently. */
const concurrency = 8;
/** Maximum bytes of `run.json`, of `metrics.jsonl` and of a line in it; long runs have a tenth of each. */
const [maxManifest, maxRecords, maxLine] = [512 * 1024, 256 * 1024 * 1024, 64 * 1024];
/** Maximum number of cached summaries. */
const maxKnown = 1_000;

/** Part of a `run.json` shown on the page. */
const manifest = runSchema.pick({ startedAt: true, finished: true, steps: true, epochs: true, protocol: true }).extend({
  config: recordedOptionsSchema
    .pick({ variant: true, dataset: true, seed: true })
    .extend({ lr: recordedOptionsSchema.shape.lr.optional() })
    .loose(),
  backbone: runSchema.shape.backbone.pick({ name: true }),
  metrics: shownMetricsSchema.optional(),
  intervals: intervalsSchema.pick({ accuracy: true }).optional(),
});
type Manifest = z.output<typeof manifest>;
const epoch = z.object({
  kind: z.literal("epoch"),
  epoch: z.number(),
  validation: accuracySchema,
});

export interface RunSummary {
  /** path relative to the folder, with forward slashes */
  readonly name: string;
  readonly variant: string;
  readonly dataset: string;
  readonly backbone: string;
  readonly seed: number;
  /** learning rate; absent in records without it */
  readonly lr?: number;
  /** key of the settings that decide the result, but for the seed: runs with the same key differ in their seed only */
  readonly settings: string;
  /** when the training began, ISO 8601, UTC; absent in older records */
  readonly startedAt?: string;
  /** when `run.json` was last written, ISO 8601, UTC; absent if unknown */
  readonly changed?: string;
  readonly finished: boolean;
  readonly steps: number;
  readonly epochs: number;
  /** metrics of the best epoch on the validation split, or on the one that `protocol` states */
  readonly metrics?: z.output<typeof shownMetricsSchema>;
  /** 95 % confidence interval of that accuracy, where the record has it */
  readonly intervals?: Pick<z.output<typeof intervalsSchema>, "accuracy">;
  /** note on runs with the paper's protocol; absent for the project's own */
  readonly protocol?: string;
  /** whether the run has a report */
  readonly report: boolean;
}

type Summary = Omit<RunSummary, "report">;

export interface RunDetails extends RunSummary {
  readonly config: Readonly<Record<string, unknown>>;
  /** validation accuracy after each epoch */
  readonly validation: readonly { readonly epoch: number; readonly accuracy: number }[];
}

/** Runs in a folder. A `run.json` is cached until it changes. */
export class RunList {
  readonly #root: string;
  readonly #known = new Map<string, { readonly version: string; readonly summary: Summary | undefined }>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Returns all runs, sorted by name; skips folders whose `run.json` is invalid or a link. Throws NOT_FOUND without the
   * folder.
   */
  async list(): Promise<RunSummary[]> {
    const runs: RunSummary[] = [];
    for await (const run of inOrder(await this.#names(), concurrency, (name) => this.#summary(name))) {
      if (run !== undefined) runs.push(run);
    }
    return runs;
  }

  /** Returns one run, or undefined if there is none. Only names from `list` are used as paths. */
  async find(name: string): Promise<RunDetails | undefined> {
    if (!(await this.#names()).includes(name)) return undefined;
    const found = await this.#manifest(name);
    if (found === undefined) return undefined;
    const report = await this.#hasReport(name);
    const summary = { ...summaryOf(name, found), ...(await this.#changed(name)) };
    return { ...summary, report, config: found.config, validation: await this.#validation(name) };
  }

  /** Returns the path of a run's report, or undefined if there is none. */
  async findReport(name: string): Promise<string | undefined> {
    return (await this.#names()).includes(name) && (await this.#hasReport(name))
      ? this.#path(name, "report")
      : undefined;
  }

  async #names(): Promise<string[]> {
    await requireRunsFolder(this.#root);
    const names = await runNames(this.#root);
    const isThere = new Set(names);
    for (const name of this.#known.keys()) if (!isThere.has(name)) this.#known.delete(name);
    return names;
  }

  async #summary(name: string): Promise<RunSummary | undefined> {
    const version = await versionOf(this.#path(name, "manifest"));
    let known = this.#known.get(name);
    if (known?.version !== version) {
      const found = await this.#manifest(name);
      known = { version, summary: found && { ...summaryOf(name, found), ...(await this.#changed(name)) } };
      if (this.#known.size < maxKnown || this.#known.has(name)) this.#known.set(name, known);
    }
    return known?.summary && { ...known.summary, report: await this.#hasReport(name) };
  }

  /** Reads a `run.json`; undefined if it is invalid. */
  #manifest(name: string): Promise<Manifest | undefined> {
    const bounds = { root: this.#root, max: maxManifest };
    return readJson(this.#path(name, "manifest"), manifest, "CONFIG", bounds).catch(() => undefined);
  }

  /** Reads line by line, so that a long file does not block other requests; skips invalid lines. */
  async #validation(name: string): Promise<RunDetails["validation"]> {
    const bounds = { root: this.#root, max: maxRecords };
    const file = await openRegular(this.#path(name, "metrics"), bounds).catch(() => undefined);
    if (file === undefined) return [];
    const epochs: { epoch: number; accuracy: number }[] = [];
    try {
      for await (const line of file.readLines()) {
        const found = line.length <= maxLine && line.includes('"epoch"') ? epochOf(line) : undefined;
        if (found !== undefined) epochs.push({ epoch: found.epoch, accuracy: found.validation.accuracy });
      }
    } finally {
      await file.close();
    }
    return epochs;
  }

  async #changed(name: string): Promise<Pick<RunSummary, "changed">> {
    const found = await stat(this.#path(name, "manifest")).catch(() => undefined);
    return found === undefined ? {} : { changed: found.mtime.toISOString() };
  }

  #hasReport(name: string): Promise<boolean> {
    return isReadable(this.#path(name, "report"), { root: this.#root });
  }

  #path(name: string, file: keyof typeof runFiles): string {
    return join(this.#root, name, runFiles[file]);
  }
}

function summaryOf(name: string, { backbone, config, metrics: figures, ...state }: Manifest): Summary {
  const { variant, dataset, seed, lr } = config;
  const settings = sha256(JSON.stringify(resultOptions({ ...config, seed: undefined }))).slice(0, 16);
  return { name, variant, dataset, backbone: backbone.name, seed, settings, lr, metrics: figures, ...state };
}

function epochOf(line: string): z.output<typeof epoch> | undefined {
  try {
    return epoch.safeParse(parseStrictJson(line)).data;
  } catch {
    return undefined;
  }
}
