/** Ablation cells as queued jobs (`ablate --redis`): workers train and score them in a shared folder or through a bucket. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { hashIndex, loadSplit } from "../../data/datasets.node.ts";
import { type SplitName, splitNames } from "../../data/sample.ts";
import { commandText } from "../../platform/command.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { sha256, versions } from "../../platform/package.node.ts";
import { runFiles } from "../runFolder.ts";
import { type Job, jobData } from "../shared/job.ts";
import { withAbsolutePaths } from "../shared/places.ts";
import { type JobQueue, openQueue } from "../shared/queue.ts";
import { getFolder, openStorage, putFolder } from "../shared/storage.ts";
import { cellConfig, resultKey, scoreCell, trainCell } from "./cell.ts";
import { ablateSchema, type CellsConfig } from "./options.ts";
import { type Row, rowsOf } from "./rows.ts";

/** Name of the queue's jobs that train a cell. */
export const cellJob = "cell";

const cellSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  row: z.string(),
  seed: z.number().int().nonnegative(),
  /** split to score; absent if the cell is only trained */
  split: z.enum(splitNames).optional(),
});

/**
 * Queues every cell to be trained, and scored on `split`, by workers, and waits for the results. Workers skip finished work. Throws the
 * error of a failed cell.
 */
export async function shareCells<Config extends CellsConfig>(
  config: Config,
  rows: readonly Row[],
  split: SplitName | undefined,
  context: RunContext,
  kind: CellKind = { job: cellJob, options: ablateSchema.options },
): Promise<void> {
  if (rows.length === 0) return;
  const { progress, signal, notice } = contextOf(context);
  const jobs = await jobsOf(config, rows, split, context, kind);
  const task = progress.start({ label: "cells", total: jobs.length, unit: "cells" });
  const queue = await openQueue(config.redis ?? "", { notice });
  try {
    if ((await queue.workers()) === 0)
      notice(`no worker is connected yet: start one with ${commandText("worker --redis URL")}`);
    await queue.add(jobs.map(({ job }) => job));
    let done = 0;
    await Promise.all(
      jobs.map(async ({ job, out }) => {
        await queue.result(job.id, signal);
        await fetchCell(config, out);
        task.update(++done);
      }),
    );
    task.finish();
  } catch (error) {
    await withdraw(queue, jobs);
    throw error;
  } finally {
    await queue.close();
  }
}

/** Kind of table that a job belongs to: the queue's name of its jobs, and the options that they carry. */
export interface CellKind {
  readonly job: string;
  readonly options: z.ZodObject;
}

/** Runs one job on a worker; a retry resumes the previous attempt. Throws CONFIG or USAGE for malformed job data. */
export const runCellJob = (data: unknown, context: RunContext): Promise<{ readonly out: string }> =>
  runJobOf(data, ablateSchema.config, rowsOf, context);

/** Runs a job of any table. Throws as `runCellJob` does. */
export async function runJobOf<Config extends CellsConfig>(
  data: unknown,
  schema: z.ZodType<Config>,
  planned: (config: Config) => readonly Row[] | Promise<readonly Row[]>,
  context: RunContext,
): Promise<{ readonly out: string }> {
  const { config: given, row: name, seed, split } = jobData(cellSchema, data);
  const config: Config = jobData(schema, given);
  const row = (await planned(config)).find((each) => each.name === name);
  if (row === undefined) throw new MpaError("USAGE", `the table has no row ${name}`);
  if (config.results === undefined) {
    await fillCell(config, row, seed, split, context);
    return { out: cellConfig(config, row, seed).out };
  }
  const storage = await openStorage(config.results);
  const out = await mkdtemp(join(tmpdir(), "mpa-fer-cell-"));
  const local = { ...config, out };
  const folder = cellConfig(local, row, seed).out;
  const key = keyOf(cellConfig(config, row, seed).out);
  try {
    await getFolder(storage, key, folder, runFiles.manifest);
    await fillCell(local, row, seed, split, context);
    return { out: `${config.results}/${key}` };
  } finally {
    // Upload an interrupted run too, so that the next attempt resumes it.
    if (existsSync(join(folder, runFiles.resume))) await putFolder(storage, key, folder, runFiles.manifest);
    await rm(out, { recursive: true, force: true });
  }
}

async function fillCell(
  config: CellsConfig,
  row: Row,
  seed: number,
  split: SplitName | undefined,
  context: RunContext,
): Promise<void> {
  const cell = await trainCell(config, row, seed, context);
  if (split === undefined) return;
  for (const scoring of row.scorings ?? [undefined]) {
    await scoreCell(cell, split, config.validLimit, context, scoring);
  }
}

/** Downloads a cell's run folder from the bucket, if there is one. */
async function fetchCell({ results }: CellsConfig, out: string): Promise<void> {
  if (results !== undefined) await getFolder(await openStorage(results), keyOf(out), out, runFiles.manifest);
}

/** Storage key of a cell: the last two components of its path, the table's folder and the cell's. */
const keyOf = (out: string): string => out.split(/[\\/]/).slice(-2).join("/");

const withdraw = (queue: JobQueue, jobs: readonly { readonly job: Job }[]) =>
  queue.withdraw(jobs.map(({ job }) => job.id));

/** Jobs of all cells. A job's id hashes what determines its result: settings, weights, image lists, versions and destination. */
async function jobsOf<Config extends CellsConfig>(
  config: Config,
  rows: readonly Row[],
  split: SplitName | undefined,
  context: RunContext,
  { job, options }: CellKind,
): Promise<{ readonly job: Job; readonly out: string }[]> {
  const { data, dataset, labelRule, seeds } = config;
  const images = await Promise.all(
    (["train", "valid"] as const).map(async (name) => hashIndex(await loadSplit(dataset, data, name, { labelRule }))),
  );
  const shared = withAbsolutePaths(options, { ...config, redis: undefined, json: undefined });
  const jobs: { job: Job; out: string }[] = [];
  for (const row of rows) {
    for (const seed of seeds) {
      const run = cellConfig(shared, row, seed);
      const weights = (await openBackboneIn({ precision: "fp32" }, run.backbone, context)).sha256;
      const identity = [job, resultKey(run), run.out, config.results, split, weights, images, versions(), row.scorings];
      const id = sha256(JSON.stringify(identity));
      jobs.push({ job: { name: job, id, data: { config: shared, row: row.name, seed, split } }, out: run.out });
    }
  }
  return jobs;
}
