/** Cells of an ablation table: one training run each, with the scores of its best epoch cached in the run folder. */
import { existsSync } from "node:fs";
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
import type { AblateConfig } from "./options.ts";
import type { Row } from "./rows.ts";
import type { RunScores } from "./summary.ts";

/** A finished run of the table. */
export interface Cell {
  readonly run: TrainConfig;
  /** number of learned values */
  readonly parameters: number;
  /** training time */
  readonly seconds: number;
  /** the baseline's name; absent if prompts are trained */
  readonly baseline?: string;
}

/** Trains or resumes a cell unless it is finished. Throws CHECKPOINT if its folder holds a run with other settings. */
export async function trainCell(config: AblateConfig, row: Row, seed: number, context: RunContext): Promise<Cell> {
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
  /** time of scoring, ISO 8601 */
  readonly at: string;
}

/** The file in a cell's run folder that caches its scores on a split. */
export const scoresFile = (out: string, split: SplitName): string => join(out, `scores-${split}.json`);

/** Scores the best epoch on a split, or reads its cached scores. */
export async function scoreCell(
  { run, baseline }: Cell,
  split: SplitName,
  validLimit: number | undefined,
  context: RunContext,
): Promise<CellScores> {
  const file = scoresFile(run.out, split);
  if (!existsSync(file)) {
    const config = scoringConfig(run, split, validLimit);
    const scores = baseline === undefined ? await scoreRun(config, context) : await scoreBaseline(run, config, context);
    await writeFileAtomic(file, `${JSON.stringify({ at: new Date().toISOString(), ...scores })}\n`);
  }
  return { seed: run.seed, ...(await readJson(file, scoresSchema, "CONFIG", jsonBounds.run)) };
}

const scoresSchema = z.object({
  at: z.string().default(""),
  accuracy: z.number(),
  uar: z.number(),
  hits: z.array(z.number()),
});

/** Training options of a cell: those shared by the table, overridden by the row's. */
export function cellConfig(config: AblateConfig, row: Row, seed: number): TrainConfig {
  const { json: _json, redis: _redis, estimate: _estimate, ...given } = config;
  const shared = Object.entries(given).filter(([key]) => key in trainSchema.options.shape);
  const out = join(config.out, `${row.name.replaceAll(/[^\w+-]+/g, "-")}-${seed}`);
  // All rows share the frozen features of the images.
  const featureCache = join(config.out, "features");
  return trainSchema.config.parse({ ...Object.fromEntries(shared), ...row.options, seed, out, featureCache });
}

/** Canonical JSON of the options that determine a run's result. */
export function resultKey(config: Options): string {
  const present = Object.entries(resultOptions(config)).filter(([, value]) => value !== undefined);
  return JSON.stringify(present.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Options of `evaluate` for a cell's scores on a split. */
function scoringConfig(run: TrainConfig, split: SplitName, validLimit: number | undefined): EvaluateConfig {
  const { data, dataset, labelRule, backbone, precision, provider, threads, seed, allowBad, batchSize, out } = run;
  const { dataWorkers } = run;
  const checkpoint = join(out, "best.safetensors");
  const shared = { data, dataset, labelRule, backbone, precision, provider, threads, allowBad, batchSize, dataWorkers };
  const limit = split === "valid" ? validLimit : undefined;
  // A fixed seed draws the same limited split for every run.
  const options = { ...shared, seed: limit === undefined ? seed : 1, split, limit, checkpoint };
  return evaluateSchema.config.parse(options);
}

async function scoreRun(config: EvaluateConfig, context: RunContext): Promise<Omit<RunScores, "seed">> {
  const { evaluation, answers, scores, split } = await evaluate(config, context);
  const hits = answers.map(({ label }, i) => (label === split.samples[scores.indices[i]].label ? 1 : 0));
  return { accuracy: evaluation.accuracy, uar: evaluation.uar, hits };
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
