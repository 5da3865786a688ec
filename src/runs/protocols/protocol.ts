/** `protocol`: an experiment of the field on data sets, as cells of rows and seeds that are trained, scored and summarised. */
import { basename, join } from "node:path";
import { paperProtocolLabel } from "../../data/sample.ts";
import { contextOf, eachOnce, type RunContext } from "../../platform/context.ts";
import { readText, writeFileAtomic } from "../../platform/files.node.ts";
import { lockFolder } from "../../platform/folderLock.node.ts";
import { makeOut, trainRow } from "../ablate/ablate.ts";
import { type Cell, type CellScores, scoreCell, scoreZeroShot } from "../ablate/cell.ts";
import { shareCells } from "../ablate/cellJob.ts";
import { type AblationEstimate, type AblationListener, estimateCells } from "../ablate/estimate.ts";
import { AblationPlan } from "../ablate/plan.ts";
import type { Row } from "../ablate/rows.ts";
import { originOf } from "../report/origin.ts";
import { protocolCellKind } from "./job.ts";
import type { ProtocolConfig } from "./options.ts";
import { protocolReport } from "./report.ts";
import { type ScoredRow, summarise, summaryFigures, zeroShotName } from "./results.ts";
import { type ProtocolPlan, planOf } from "./rows.ts";
import { type ProtocolTable, protocolCsv, protocolMarkdown } from "./table.ts";

/** Result of a protocol. */
export interface ProtocolResult extends ProtocolTable {
  /** folder with table.json, table.md, table.csv, report.html and one run folder per cell */
  readonly out: string;
}

/**
 * Runs a protocol. Skips finished cells and resumes stopped ones; `onEstimate` receives what that will take before it starts. Everything
 * is trained before anything is scored. Throws the errors of `train` and `evaluate`.
 */
export async function runProtocol(
  config: ProtocolConfig,
  context: RunContext = {},
  onEstimate?: AblationListener,
): Promise<ProtocolResult> {
  const own = { ...context, notice: eachOnce(contextOf(context).notice) };
  const plan = await planOf(config);
  await makeOut(config.out);
  const lock = await lockFolder(config.out);
  try {
    const estimate = onEstimate && (await estimateCells(config, plan.rows, own, { always: false }));
    if (estimate !== undefined) await onEstimate?.(estimate);
    return await fill(config, plan, own, estimate);
  } finally {
    await lock.release();
  }
}

/** Estimates a protocol; nothing is written. Throws as `estimateCells` does. */
export const estimateProtocol = async (config: ProtocolConfig, context: RunContext): Promise<AblationEstimate> =>
  estimateCells(config, (await planOf(config)).rows, context);

/** Reads the Markdown of a finished protocol. Throws CONFIG. */
export const readProtocolTable = (out: string): Promise<string> => readText(join(out, "table.md"), "CONFIG");

async function fill(
  config: ProtocolConfig,
  { rows, notes, withZeroShot }: ProtocolPlan,
  context: RunContext,
  estimate: AblationEstimate | undefined,
): Promise<ProtocolResult> {
  const { seeds, split, redis } = config;
  const cells = rows.flatMap(({ name }) => seeds.map(() => ({ row: name })));
  const plan = new AblationPlan(cells, estimate);
  // Workers train and score the cells; the loops below then find them finished.
  if (redis) await shareCells(config, rows, undefined, context, protocolCellKind);
  const trained: Cell[][] = [];
  for (const [place, row] of rows.entries()) {
    trained.push(await trainRow(config, { rows: rows.length, place, plan }, row, context));
  }
  if (redis) await shareCells(config, rows, split, context, protocolCellKind);
  const scored: ScoredRow[] = withZeroShot ? [await zeroShotRow(config, rows[0], context)] : [];
  for (const [place, row] of rows.entries()) scored.push(await scoreRow(config, row, trained[place], context));
  return await write(config, notes, scored);
}

/** The hard prompts without training, which no seed changes. */
async function zeroShotRow(config: ProtocolConfig, row: Row, context: RunContext): Promise<ScoredRow> {
  const { split, seeds } = config;
  const scores: { on: string; cells: readonly CellScores[] }[] = [];
  for (const scoring of row.scorings ?? [undefined]) {
    const found = await scoreZeroShot(config, row, split, context, scoring);
    scores.push({ on: scoring?.name ?? split, cells: seeds.map((seed) => ({ seed, ...found })) });
  }
  return { name: zeroShotName, scores };
}

async function scoreRow(
  { split, validLimit }: ProtocolConfig,
  { name, scorings }: Row,
  cells: readonly Cell[],
  context: RunContext,
): Promise<ScoredRow> {
  const scores: { on: string; cells: readonly CellScores[] }[] = [];
  for (const scoring of scorings ?? [undefined]) {
    const own: CellScores[] = [];
    for (const cell of cells) own.push(await scoreCell(cell, split, validLimit, context, scoring));
    scores.push({ on: scoring?.name ?? split, cells: own });
  }
  return { name, scores };
}

async function write(
  config: ProtocolConfig,
  notes: readonly string[],
  scored: readonly ScoredRow[],
): Promise<ProtocolResult> {
  const { out, split, seeds, dataset, backbone, variant, paperProtocol } = config;
  const [protocol] = config.protocol;
  const times = scored.flatMap(({ scores }) => scores.flatMap(({ cells }) => cells.map(({ at }) => at))).sort();
  const table: ProtocolTable = {
    ...{ protocol, split, seeds, notes },
    rows: summarise(protocol, scored),
    summary: summaryFigures(protocol, scored),
    ...(split === "test" && { testOpened: { first: times[0], last: times[times.length - 1] } }),
    ...(paperProtocol && { caveat: paperProtocolLabel }),
  };
  const record = { format: "mpa-fer-protocol/1", ...table, config };
  const text = `${JSON.stringify(record, null, 2)}\n`;
  const origin = originOf({ of: basename(out), record: "table.json", text });
  await writeFileAtomic(join(out, "table.json"), text);
  await writeFileAtomic(join(out, "table.md"), protocolMarkdown(table));
  await writeFileAtomic(join(out, "table.csv"), protocolCsv(table));
  await writeFileAtomic(
    join(out, "report.html"),
    protocolReport({ table, dataset, backbone, variant, record, origin }),
  );
  return { ...table, out };
}
