/** `ablate`: one of the paper's Tables 1–4 on a data set (CONTRACT.md): a run a row and seed, and what they come to. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { paperProtocolLabel } from "../../data/sample.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { readText, writeFileAtomic } from "../../platform/files.node.ts";
import { lockFolder } from "../../platform/folderLock.node.ts";
import { type Cell, type CellScores, scoreCell, trainCell } from "./cell.ts";
import { shareCells } from "./cellJob.ts";
import type { AblateConfig } from "./options.ts";
import { ablationReport } from "./report.ts";
import { type Row, rowsOf } from "./rows.ts";
import { gainOver, type RowScores, type RowSummary, spread } from "./summary.ts";
import { csvTable, markdownTable, type TableNotes } from "./table.ts";

/** One of the paper's tables, redone. */
export interface AblationResult {
  readonly table: string;
  readonly split: string;
  readonly seeds: readonly number[];
  readonly rows: readonly RowSummary[];
  /** with --test, or where the split is the test split: when it was opened, ISO 8601 */
  readonly testOpened?: { readonly first: string; readonly last: string };
  /** what the paper's protocol makes of the figures */
  readonly protocol?: string;
  /** folder with table.json, table.md, table.csv, report.html and a run folder a cell */
  readonly out: string;
}

interface TrainedRow {
  readonly row: Row;
  readonly cells: readonly Cell[];
}

/** Cells that are finished are not run again; one that was stopped goes on. Throws as `train` and `evaluate` do. */
export async function ablate(config: AblateConfig, context: RunContext = {}): Promise<AblationResult> {
  await makeOut(config.out);
  const lock = await lockFolder(config.out);
  try {
    return await fillTable(config, context);
  } finally {
    await lock.release();
  }
}

async function makeOut(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    throw new MpaError("WRITE", `cannot make ${out}`, { where: messageOf(cause), fix: "choose another --out", cause });
  }
}

async function fillTable(config: AblateConfig, context: RunContext): Promise<AblationResult> {
  const rows = rowsOf(config);
  const opensTest = config.split === "test";
  // What workers did is found finished below.
  if (config.redis) await shareCells(config, rows, opensTest ? undefined : config.split, context);
  const trained: TrainedRow[] = [];
  const scored: CellScores[][] = [];
  for (const [place, row] of rows.entries()) {
    trained.push({ row, cells: await trainRow(config, rows.length, place, row, context) });
    // The test split stays shut until every run is done.
    if (opensTest) continue;
    scored.push(await scoreRow(config, trained[place], config.split, context));
    await writeTable(config, summaries(config, trained, scored));
  }
  if (config.redis && (opensTest || config.test)) await shareCells(config, rows, "test", context);
  const tests: CellScores[][] = [];
  for (const row of opensTest || config.test ? trained : []) tests.push(await scoreRow(config, row, "test", context));
  const summary = opensTest ? summaries(config, trained, tests) : summaries(config, trained, scored, tests);
  return await writeTable(config, summary, tests.flat());
}

/** A row's runs, one a seed. */
async function trainRow(
  config: AblateConfig,
  rows: number,
  place: number,
  row: Row,
  context: RunContext,
): Promise<Cell[]> {
  const { progress } = contextOf(context);
  const { seeds } = config;
  const cells: Cell[] = [];
  for (const seed of seeds) {
    const label = `cell ${place * seeds.length + cells.length + 1}/${rows * seeds.length}`;
    progress.start({ label, total: 1, unit: "cells" }).note(`${label}: ${row.name}, seed ${seed}`);
    cells.push(await trainCell(config, row, seed, context));
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
  await writeFileAtomic(join(out, "table.json"), `${JSON.stringify(record, null, 2)}\n`);
  await writeFileAtomic(join(out, "table.md"), markdownTable(rows, notes));
  await writeFileAtomic(join(out, "table.csv"), csvTable(rows));
  await writeFileAtomic(join(out, "report.html"), ablationReport({ table, dataset, backbone, rows, notes, record }));
  return { ...result, out };
}

/** The Markdown of a finished table, for people. */
export const readTable = (out: string): Promise<string> => readText(join(out, "table.md"), "CONFIG");
