/** Cells of an ablation table: one training run each, with the scores of its best epoch cached in the run folder. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SplitName } from "../../data/sample.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { readJson, writeFileAtomic } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { type EvaluateConfig, evaluateSchema } from "../evaluate/options.ts";
import { type RunManifest, readManifest } from "../manifest.ts";
import { differingOptions, type Options, resultOptions } from "../optionRoles.ts";
import { type TrainConfig, trainSchema } from "../options.ts";
import { lacksReport, writeRunReport } from "../runReport.ts";
import { withAbsolutePaths } from "../shared/places.ts";
import { train } from "../train/train.ts";
import { learnBaseline, scoreBaseline } from "./baselineCell.ts";
import type { CellsConfig } from "./options.ts";
import type { Row, Scoring } from "./rows.ts";
import type { RunScores } from "./summary.ts";

/** A finished run of the table. */
export interface Cell {
  readonly run: TrainConfig;
  /** number of trainable parameters */
  readonly parameters: number;
  /** training time */
  readonly seconds: number;
  /** the baseline's name; absent if prompts are trained */
  readonly baseline?: string;
}

/** Trains or resumes a cell unless it is finished. Throws CHECKPOINT if its folder holds a run with other settings. */
export async function trainCell(config: CellsConfig, row: Row, seed: number, context: RunContext): Promise<Cell> {
  const run = cellConfig(config, row, seed);
  if (row.baseline !== undefined) return { run, ...(await learnBaseline(row.baseline, run, context, checkSameRun)) };
  const manifestFile = join(run.out, "run.json");
  const found = existsSync(manifestFile) ? await readManifest(manifestFile) : undefined;
  if (found) checkSameRun(found, run);
  if (found?.finished) {
    // A process killed right after writing run.json leaves a finished run without a report.
    if (await lacksReport(run.out)) await writeRunReport(run.out);
    return cellOf(run, found);
  }
  const resume = existsSync(join(run.out, "resume.safetensors"));
  await train({ ...run, resume }, context);
  return cellOf(run, await readManifest(manifestFile));
}

const cellOf = (run: TrainConfig, { learned, seconds }: RunManifest): Cell => ({
  run,
  parameters: learned.parameters,
  seconds,
});

/** Scores of a cell's best epoch on one split. */
export interface CellScores extends RunScores {
  /** recall of each class that has images; empty in older records */
  readonly recalls: Readonly<Record<string, number>>;
  /** time of scoring, ISO 8601 */
  readonly at: string;
}

/** The file in a cell's run folder that caches its scores on a split. */
export const scoresFile = (out: string, split: SplitName, scoring?: Scoring): string =>
  join(out, scoring === undefined ? `scores-${split}.json` : `scores-${split}-${fileName(scoring.name)}.json`);

/** A row's name as part of a file name. */
const fileName = (name: string): string => name.replaceAll(/[^\w+-]+/g, "-");

/** Scores the best epoch on a split, or reads its cached scores. */
export async function scoreCell(
  { run, baseline }: Cell,
  split: SplitName,
  validLimit: number | undefined,
  context: RunContext,
  scoring?: Scoring,
): Promise<CellScores> {
  const file = scoresFile(run.out, split, scoring);
  const own = { split, validLimit, ...scoring?.options };
  const cached = existsSync(file) ? await readScores(file) : undefined;
  // Older records do not tell what was scored.
  const isSame = cached !== undefined && (cached.scored === undefined || cached.scored === JSON.stringify(own));
  if (!isSame) await writeScores(file, { run, baseline }, own, context);
  const { scored: _, ...scores } = isSame ? cached : await readScores(file);
  return { seed: run.seed, ...scores };
}

/** Scores of the hard prompts without training, on what a cell of the row would be scored on, or its cached scores. */
export async function scoreZeroShot(
  config: CellsConfig,
  row: Row,
  split: SplitName,
  context: RunContext,
  scoring?: Scoring,
): Promise<Omit<CellScores, "seed">> {
  const run = cellConfig(config, row, config.seeds[0]);
  const out = join(config.out, "zero-shot");
  const file = scoresFile(out, split, scoring);
  const { newClasses: _, ...options } = scoring?.options ?? {};
  const own = { split, validLimit: config.validLimit, ...options };
  const { hardPrompt, descriptions, template } = run;
  const prompts = { hardPrompt, descriptions, template };
  const scored = JSON.stringify({ ...own, ...prompts });
  const cached = existsSync(file) ? await readScores(file) : undefined;
  if (cached?.scored !== scored) {
    await mkdir(out, { recursive: true });
    const { checkpoint: _trained, ...evaluation } = scoringConfig(run, own);
    const scores = await scoreRun(evaluateSchema.config.parse({ ...evaluation, ...prompts }), context);
    const record = { at: new Date().toISOString(), ...scores, scored };
    await writeFileAtomic(file, `${JSON.stringify(record)}\n`);
  }
  const { scored: _scored, ...scores } = await readScores(file);
  return scores;
}

const readScores = (file: string) => readJson(file, scoresSchema, "CONFIG", jsonBounds.run);

const scoresSchema = z.object({
  at: z.string().default(""),
  accuracy: z.number(),
  uar: z.number(),
  hits: z.array(z.number()),
  recalls: z.record(z.string(), z.number()).default({}),
  /** JSON of the options that select what is scored */
  scored: z.string().optional(),
});

/** Training options of a cell: those shared by the table, overridden by the row's. */
export function cellConfig(config: CellsConfig, row: Row, seed: number): TrainConfig {
  const { json: _json, redis: _redis, estimate: _estimate, ...given } = config;
  const shared = Object.entries(given).filter(([key]) => key in trainSchema.options.shape);
  const out = join(config.out, `${fileName(row.name)}-${seed}`);
  // All rows share the frozen features of the images.
  const featureCache = join(config.out, "features");
  return trainSchema.config.parse({ ...Object.fromEntries(shared), ...row.options, seed, out, featureCache });
}

/** Canonical JSON of the options that determine a run's result. */
export function resultKey(config: Options): string {
  const present = Object.entries(resultOptions(config)).filter(([, value]) => value !== undefined);
  return JSON.stringify(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type ScoringOptions = Options & { readonly split: SplitName; readonly validLimit: number | undefined };

async function writeScores(
  file: string,
  { run, baseline }: Pick<Cell, "run" | "baseline">,
  scoring: ScoringOptions,
  context: RunContext,
): Promise<void> {
  const config = scoringConfig(run, scoring);
  const scores = baseline === undefined ? await scoreRun(config, context) : await scoreBaseline(run, config, context);
  const record = { at: new Date().toISOString(), ...scores, scored: JSON.stringify(scoring) };
  await writeFileAtomic(file, `${JSON.stringify(record)}\n`);
}

/** Options of `evaluate` for a cell's scores. */
function scoringConfig(run: TrainConfig, { split, validLimit, ...own }: ScoringOptions): EvaluateConfig {
  const { data, dataset, labelRule, backbone, precision, provider, threads, seed, allowBad, batchSize, out } = run;
  const { dataWorkers, descriptions, classes, fold, foldSeed, persons } = run;
  const checkpoint = join(out, "best.safetensors");
  const shared = { data, dataset, labelRule, backbone, precision, provider, threads, allowBad, batchSize, dataWorkers };
  const part = { classes, fold, foldSeed, persons };
  const limit = split === "valid" ? validLimit : undefined;
  // A fixed seed draws the same limited split for every run.
  const options = {
    ...{ ...shared, ...part, seed: limit === undefined ? seed : 1, split, limit, checkpoint },
    ...(own.newClasses === true && { descriptions }),
    ...own,
  };
  return evaluateSchema.config.parse(options);
}

async function scoreRun(
  config: EvaluateConfig,
  context: RunContext,
): Promise<Omit<RunScores, "seed"> & Pick<CellScores, "recalls">> {
  const { evaluation, answers, scores, split } = await evaluate(config, context);
  const hits = answers.map(({ label }, i) => (label === split.samples[scores.indices[i]].label ? 1 : 0));
  const { accuracy, uar, perClass } = evaluation;
  const recalls = Object.fromEntries(
    Object.entries(perClass).flatMap(([name, { recall, support }]) => (support > 0 ? [[name, recall]] : [])),
  );
  return { accuracy, uar, hits, recalls };
}

function checkSameRun({ config }: { readonly config: Options }, given: TrainConfig): void {
  // Options added since the run was recorded take their defaults.
  const defaults = trainSchema.config.parse({ data: given.data, dataset: given.dataset });
  const keyOf = (options: Options) => resultKey(withAbsolutePaths(trainSchema.options, options));
  if (keyOf({ ...defaults, ...config }) === keyOf(given)) return;
  const differs =
    differingOptions({ ...defaults, ...config }, given).join(", ") || "its data, backbone or texts lie elsewhere";
  const fix = "repeat its options, or choose another --out";
  throw new MpaError("CHECKPOINT", `the cell was run with other settings: ${differs}`, { where: given.out, fix });
}
