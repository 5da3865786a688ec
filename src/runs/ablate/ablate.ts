/** `ablate`: one of the paper's Tables 1–4, or a sweep, on a data set: one run for each row and seed, summarised by row. */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { paperProtocolLabel } from "../../data/sample.ts";
import { spread } from "../../evaluation/spread.ts";
import { contextOf, eachOnce, type RunContext } from "../../platform/context.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { readText, writeFileAtomic } from "../../platform/files.node.ts";
import { lockFolder } from "../../platform/folderLock.node.ts";
import { originOf } from "../report/origin.ts";
import { type Cell, type CellScores, scoreCell, trainCell } from "./cell.ts";
import { shareCells } from "./cellJob.ts";
import { type AblationEstimate, type AblationListener, estimateAblation } from "./estimate.ts";
import type { AblateConfig, CellsConfig } from "./options.ts";
import { AblationPlan } from "./plan.ts";
import { ablationReport } from "./report.ts";
import { type Row, rowsOf, trainedRows } from "./rows.ts";
import { gainOver, type RowScores, type RowSummary } from "./summary.ts";
import { csvTable, markdownTable, type TableNotes } from "./table.ts";

/** Result of an ablation: a summary of each row. */
export interface AblationResult {
  readonly table: string;
  readonly split: string;
  readonly seeds: readonly number[];
  readonly rows: readonly RowSummary[];
  /** first and last time the test split was scored, ISO 8601; absent if it was not scored */
  readonly testOpened?: { readonly first: string; readonly last: string };
  /** caveat of the paper's protocol: epochs were selected on the test split */
  readonly protocol?: string;
  /** folder with table.json, table.md, table.csv, report.html and one run folder per cell */
  readonly out: string;
}

interface TrainedRow {
  readonly row: Row;
  readonly cells: readonly Cell[];
}

/**
 * Fills a table. Skips finished cells and resumes stopped ones; `onEstimate` receives what that will take before it starts. Throws the
 * errors of `train` and `evaluate`.
 */
export async function ablate(
  config: AblateConfig,
  context: RunContext = {},
  onEstimate?: AblationListener,
): Promise<AblationResult> {
  const own = { ...context, notice: eachOnce(contextOf(context).notice) };
  await makeOut(config.out);
  const lock = await lockFolder(config.out);
  try {
    const estimate =
      onEstimate && trainedRows(config).length > 0 ? await estimateAblation(config, own, { always: false }) : undefined;
    if (estimate !== undefined) await onEstimate?.(estimate);
    return await fillTable(config, own, estimate);
  } finally {
    await lock.release();
  }
}

/** Reads the Markdown of a finished table. Throws CONFIG. */
export const readTable = (out: string): Promise<string> => readText(join(out, "table.md"), "CONFIG");

/** Makes the folder of a table. Throws WRITE. */
export async function makeOut(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    throw new MpaError("WRITE", `cannot make ${out}`, { where: messageOf(cause), fix: "choose another --out", cause });
  }
}

async function fillTable(
  config: AblateConfig,
  context: RunContext,
  estimate: AblationEstimate | undefined,
): Promise<AblationResult> {
  const rows = rowsOf(config);
  const cells = rows.flatMap(({ name }) => config.seeds.map(() => ({ row: name })));
  const plan = new AblationPlan(cells, estimate);
  const opensTest = config.split === "test";
  // Workers train and score the cells; the loop below then finds them finished. Baselines without prompts are computed here.
  if (config.redis) await shareCells(config, trainedRows(config), opensTest ? undefined : config.split, context);
  const trained: TrainedRow[] = [];
  const scored: CellScores[][] = [];
  for (const [place, row] of rows.entries()) {
    trained.push({ row, cells: await trainRow(config, { rows: rows.length, place, plan }, row, context) });
    // The test split is scored only after every run has finished.
    if (opensTest) continue;
    scored.push(await scoreRow(config, trained[place], config.split, context));
    await writeTable(config, summaries(config, trained, scored));
  }
  if (config.redis && (opensTest || config.test)) await shareCells(config, trainedRows(config), "test", context);
  const tests: CellScores[][] = [];
  for (const row of opensTest || config.test ? trained : []) tests.push(await scoreRow(config, row, "test", context));
  const summary = opensTest ? summaries(config, trained, tests) : summaries(config, trained, scored, tests);
  return await writeTable(config, summary, tests.flat());
}

/** The place of a row in the plan. */
export interface RowPlace {
  /** number of rows */
  readonly rows: number;
  readonly place: number;
  readonly plan: AblationPlan;
}

/** Trains one cell per seed of a row. */
export async function trainRow(
  config: CellsConfig,
  { rows, place, plan }: RowPlace,
  row: Row,
  context: RunContext,
): Promise<Cell[]> {
  const { progress } = contextOf(context);
  const planned = { ...context, progress: plan.reporter(progress) };
  const { seeds } = config;
  const cells: Cell[] = [];
  for (const seed of seeds) {
    const label = `cell ${place * seeds.length + cells.length + 1}/${rows * seeds.length}`;
    progress.start({ label, total: 1, unit: "cells" }).note(`${label}: ${row.name}, seed ${seed}`);
    plan.begin();
    const cell = await trainCell(config, row, seed, planned);
    plan.end(row.name, cell.seconds);
    cells.push(cell);
  }
  return cells;
}

async function scoreRow(
  { validLimit }: AblateConfig,
  { cells }: TrainedRow,
  split: AblateConfig["split"],
  context: RunContext,
): Promise<CellScores[]> {
  const scores: CellScores[] = [];
  for (const cell of cells) scores.push(await scoreCell(cell, split, validLimit, context));
  return scores;
}

function summaries(
  { dataset }: AblateConfig,
  trained: readonly TrainedRow[],
  scored: readonly (readonly CellScores[])[],
  tests: readonly (readonly CellScores[])[] = [],
): RowSummary[] {
  return scored.map((scores, place) => {
    const { row, cells } = trained[place];
    const [{ parameters }] = cells;
    const paper = row.paper[dataset];
    return {
      name: row.name,
      ...rowScores(scores, scored[place - 1]),
      ...(tests[place] && { test: rowScores(tests[place], tests[place - 1]) }),
      parameters,
      mebibytes: (2 * parameters) / 2 ** 20,
      ...(paper !== undefined && { paper }),
      ...(row.paperMegabytes !== undefined && { paperMegabytes: row.paperMegabytes }),
    };
  });
}

const rowScores = (runs: readonly CellScores[], above: readonly CellScores[] | undefined): RowScores => ({
  accuracy: spread(runs.map(({ accuracy }) => accuracy)),
  uar: spread(runs.map(({ uar }) => uar)),
  runs: runs.map(({ seed, accuracy, uar }) => ({ seed, accuracy, uar })),
  ...(above && { gain: gainOver(above, runs) }),
});

async function writeTable(
  config: AblateConfig,
  rows: readonly RowSummary[],
  tests: readonly CellScores[] = [],
): Promise<AblationResult> {
  const {
    split,
    seeds,
    out,
    paperProtocol,
    table: [table],
    dataset,
    backbone,
  } = config;
  const times = tests.map(({ at }) => at).sort();
  const testOpened = times.length > 0 ? { first: times[0], last: times[times.length - 1] } : undefined;
  const protocol = paperProtocol ? paperProtocolLabel : undefined;
  const notes: TableNotes = { split, seeds, testOpened, protocol };
  const result = { table, split, seeds, rows, ...(testOpened && { testOpened }), ...(protocol && { protocol }) };
  const record = { format: "mpa-fer-ablation/1", ...result, config };
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await writeFileAtomic(join(out, "table.json"), text);
  await writeFileAtomic(join(out, "table.md"), markdownTable(rows, notes));
  await writeFileAtomic(join(out, "table.csv"), csvTable(rows));
  const origin = originOf({ of: basename(out), record: "table.json", text });
  const report = ablationReport({ table, dataset, backbone, rows, notes, origin, record });
  await writeFileAtomic(join(out, "report.html"), report);
  return { ...result, out };
}
