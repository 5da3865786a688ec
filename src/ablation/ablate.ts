/** `ablate`: one of the paper's Tables 1–4 on a data set (CONTRACT.md): a run a row and seed, and what they come to. */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type AblateConfig, evaluateSchema, type TrainConfig, trainSchema } from "../config.ts";
import { MpaError } from "../errors.ts";
import { evaluate } from "../experiment/evaluate.ts";
import { train } from "../experiment/train.ts";
import { readJson, writeFileAtomic } from "../files.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { type Row, rowsOf } from "./cells.ts";
import { gainOver, type RowSummary, type RunScores, spread } from "./summary.ts";
import { csvTable, markdownTable } from "./table.ts";

export interface AblationResult {
  readonly table: string;
  readonly split: string;
  readonly seeds: readonly number[];
  readonly rows: readonly RowSummary[];
  /** folder with table.json, table.md, table.csv and a run folder a cell */
  readonly out: string;
}

interface FinishedRun extends RunScores {
  readonly parameters: number;
}

/** Cells that are finished are not run again; one that was stopped goes on. Throws as `train` and `evaluate` do. */
export async function ablate(config: AblateConfig, context: RunContext = {}): Promise<AblationResult> {
  const [table] = config.table;
  const rows = rowsOf(table, config.backbones);
  await mkdir(config.out, { recursive: true });
  const summaries: RowSummary[] = [];
  let above: readonly FinishedRun[] | undefined;
  const { progress = silent } = context;
  for (const [place, row] of rows.entries()) {
    const runs: FinishedRun[] = [];
    for (const seed of config.seeds) {
      const cell = `cell ${place * config.seeds.length + runs.length + 1}/${rows.length * config.seeds.length}`;
      const started = progress.start({ label: cell, total: 1, unit: "cells" });
      started.note(`${cell}: ${row.name}, seed ${seed}`);
      runs.push(await runCell(config, row, seed, context));
    }
    summaries.push(summarise(config, row, runs, above));
    above = runs;
    await writeTable(config, summaries);
  }
  return { table, split: config.split, seeds: config.seeds, rows: summaries, out: config.out };
}

function summarise(
  { dataset }: AblateConfig,
  { name, paper }: Row,
  runs: readonly FinishedRun[],
  above: readonly FinishedRun[] | undefined,
): RowSummary {
  const [{ parameters }] = runs;
  return {
    name,
    accuracy: spread(runs.map(({ accuracy }) => accuracy)),
    uar: spread(runs.map(({ uar }) => uar)),
    parameters,
    mebibytes: (2 * parameters) / 2 ** 20,
    ...(above && { gain: gainOver(above, runs) }),
    ...(paper[dataset] !== undefined && { paper: paper[dataset] }),
  };
}

async function writeTable(config: AblateConfig, rows: readonly RowSummary[]): Promise<void> {
  const { split, seeds, out } = config;
  const [table] = config.table;
  const record = { format: "mpa-fer-ablation/1", table, split, seeds, config, rows };
  await writeFileAtomic(join(out, "table.json"), `${JSON.stringify(record, null, 2)}\n`);
  await writeFileAtomic(join(out, "table.md"), markdownTable(rows, split, seeds));
  await writeFileAtomic(join(out, "table.csv"), csvTable(rows));
}

/** One run, trained where it is not finished yet, and its answers on the split, which are kept beside it. */
async function runCell(config: AblateConfig, row: Row, seed: number, context: RunContext): Promise<FinishedRun> {
  const out = join(config.out, `${row.name.replaceAll(/[^\w+-]+/g, "-")}-${seed}`);
  const given = cellConfig(config, row, seed, out);
  const state = await cellState(out, given);
  if (state !== "finished") await train({ ...given, resume: state === "stopped" }, context);
  const scoresFile = join(out, `scores-${config.split}.json`);
  if (!existsSync(scoresFile)) await writeScores(scoresFile, given, config, context);
  const scores = await readJson(scoresFile, scoresSchema, "CONFIG");
  const { learned } = await readJson(join(out, "run.json"), manifestSchema, "CONFIG");
  return { seed, ...scores, parameters: learned.parameters };
}

const scoresSchema = z.object({ accuracy: z.number(), uar: z.number(), hits: z.array(z.number()) });
const manifestSchema = z.object({
  finished: z.boolean(),
  config: z.record(z.string(), z.unknown()),
  learned: z.object({ parameters: z.number() }),
});

function cellConfig(config: AblateConfig, row: Row, seed: number, out: string): TrainConfig {
  const { table: _table, seeds: _seeds, backbones: _backbones, split: _split, json: _json, ...shared } = config;
  return trainSchema.config.parse({ ...shared, ...row.options, seed, out });
}

/** Throws CHECKPOINT where the folder holds a run of other settings. */
async function cellState(out: string, given: TrainConfig): Promise<"finished" | "stopped" | "absent"> {
  if (!existsSync(join(out, "run.json"))) return "absent";
  const { finished, config } = await readJson(join(out, "run.json"), manifestSchema, "CONFIG");
  const meaning = ({
    memory: _m,
    threads: _t,
    quiet: _q,
    resume: _r,
    json: _j,
    out: _o,
    ...rest
  }: Record<string, unknown>) => JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (meaning(config) !== meaning(JSON.parse(JSON.stringify(given)))) {
    const mend = "repeat its options, or choose another --out";
    throw new MpaError("CHECKPOINT", "the cell was run with other settings", out, mend);
  }
  if (finished) return "finished";
  return existsSync(join(out, "resume.safetensors")) ? "stopped" : "absent";
}

async function writeScores(
  file: string,
  run: TrainConfig,
  { split, validLimit }: AblateConfig,
  context: RunContext,
): Promise<void> {
  const { data, dataset, labelRule, backbone, precision, provider, threads, seed, allowBad, batchSize, out } = run;
  const checkpoint = join(out, "best.safetensors");
  const shared = { data, dataset, labelRule, backbone, precision, provider, threads, allowBad, batchSize };
  const limit = split === "valid" ? validLimit : undefined;
  // The same images in every run: a limited split is drawn by one seed, not by the run's.
  const options = { ...shared, seed: limit === undefined ? seed : 1, split, limit, checkpoint };
  const { evaluation, answers, scores, split: scored } = await evaluate(evaluateSchema.config.parse(options), context);
  const hits = answers.map(({ label }, i) => (label === scored.samples[scores.indices[i]].label ? 1 : 0));
  const { accuracy, uar } = evaluation;
  await writeFileAtomic(file, `${JSON.stringify({ accuracy, uar, hits })}\n`);
}

/** The Markdown of a finished table, for people. */
export const readTable = (out: string): Promise<string> => readFile(join(out, "table.md"), "utf8");
