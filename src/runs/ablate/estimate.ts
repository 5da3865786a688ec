/** What an ablation will take: the cells that are left, each with the steps, features and scoring that it still needs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SplitName } from "../../data/sample.ts";
import { loadTrainingSplit } from "../../data/trainingImages.node.ts";
import { contextOf, eachOnce, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import type { Rates } from "../expectation.ts";
import { readManifest } from "../manifest.ts";
import type { TrainConfig } from "../options.ts";
import { runFiles } from "../runFolder.ts";
import {
  minStepsToTime,
  type OpenEstimate,
  openEstimate,
  type PreparedEstimate,
  prepareEstimate,
  type TrainingEstimate,
} from "../train/estimate.ts";
import { openData, type RunData } from "../train/trainingData.ts";
import { cellConfig, scoresFile } from "./cell.ts";
import type { AblateConfig, CellsConfig } from "./options.ts";
import { type Row, rowsOf } from "./rows.ts";

/** What an ablation will take. */
export interface AblationEstimate {
  /** all cells, and those that are finished */
  readonly cells: number;
  readonly cellsDone: number;
  /** training steps of the cells that are left */
  readonly steps: number;
  /** images whose frozen features are computed, once for all cells that share them */
  readonly featureImages: number;
  /** images that are scored after the trainings */
  readonly scoredImages: number;
  /** expected seconds of everything that is left; absent if a row was not timed */
  readonly seconds?: number;
  readonly rows: readonly RowEstimate[];
  /** rows of baselines, which the figures leave out */
  readonly untimed?: readonly string[];
  /** the largest of the cells */
  readonly memory: TrainingEstimate["memory"];
  readonly diskBytes: number;
  readonly provider: string;
}

/** What the cells of a row will take. */
export interface RowEstimate {
  readonly name: string;
  readonly cellsLeft: number;
  readonly steps: number;
  readonly epochs: number;
  /** training images per epoch */
  readonly images: number;
  /** expected seconds of the steps and validations of one whole cell; absent if not timed */
  readonly cellSeconds?: number;
  /** expected seconds of all its cells that are left, with features and scoring */
  readonly seconds?: number;
}

/** Receives the estimate of an ablation before it starts. */
export type AblationListener = (estimate: AblationEstimate) => Promise<void> | void;

interface CellWork {
  readonly row: Row;
  readonly config: TrainConfig;
  readonly isDone: boolean;
  readonly open: OpenEstimate;
  readonly scoredImages: number;
}

/**
 * Estimates an ablation; nothing is written. Each kind of step is timed once: rows that differ in seeds or values only take the same
 * time. With `always: false`, a kind with few steps is not timed. Rows without training steps are left out.
 * Throws the errors of opening the cells' inputs, MEMORY, INTERRUPTED.
 */
export const estimateAblation = (
  config: AblateConfig,
  context: RunContext,
  how?: { readonly always?: boolean },
): Promise<AblationEstimate> => estimateCells(config, rowsOf(config), context, how);

/** Estimates the cells of some rows, as `estimateAblation` does. */
export async function estimateCells(
  config: CellsConfig,
  planned: readonly Row[],
  context: RunContext,
  { always = true }: { readonly always?: boolean } = {},
): Promise<AblationEstimate> {
  const own = { ...context, notice: eachOnce(contextOf(context).notice) };
  const trained = planned.filter(({ baseline }) => baseline === undefined);
  if (trained.length === 0) {
    const fix =
      "leave --estimate out: a row takes a pass over the images and seconds to minutes, maple 5 epochs of training and promptsrc 20";
    throw new MpaError("USAGE", "no row of the table is trained in steps that can be timed", { fix });
  }
  const cells = await openCells(config, trained, own);
  const rates = await measureKinds(cells, always, context);
  const estimates = cells.map((cell) => ({ ...cell, estimate: cell.open.timed(rates.get(kindOf(cell.config))) }));
  const rows = trained.map((row) =>
    rowEstimate(
      row,
      estimates.filter((cell) => cell.row.name === row.name),
    ),
  );
  const left = estimates.filter(({ isDone }) => !isDone);
  const timed = rows.every(({ seconds }) => seconds !== undefined);
  const untimed = planned.flatMap(({ name, baseline }) => (baseline === undefined ? [] : [name]));
  const memories = estimates.map(({ estimate }) => estimate.memory);
  return {
    cells: cells.length,
    cellsDone: cells.length - left.length,
    steps: sum(left.map(({ estimate }) => estimate.left.steps)),
    featureImages: sum(left.map(({ estimate }) => estimate.featureImages)),
    scoredImages: sum(cells.map(({ scoredImages }) => scoredImages)),
    ...(timed && { seconds: sum(rows.map(({ seconds = 0 }) => seconds)) }),
    rows,
    ...(untimed.length > 0 && { untimed }),
    memory: memories.reduce((largest, memory) => (memory.bytes > largest.bytes ? memory : largest)),
    diskBytes: sum(left.map(({ estimate }) => estimate.diskBytes)),
    provider: config.provider,
  };
}

async function openCells(config: CellsConfig, rows: readonly Row[], context: RunContext): Promise<CellWork[]> {
  const cells: CellWork[] = [];
  const computed = new Set<string>();
  const opened = new Map<string, RunData>();
  for (const row of rows) {
    const toScore = await splitSizes(config, row, context);
    let prepared: PreparedEstimate | undefined;
    for (const seed of config.seeds) {
      const run = cellConfig(config, row, seed);
      // Seeds draw other images where their number is limited.
      const drawn = run.limit === undefined && run.validLimit === undefined ? undefined : seed;
      const { data: root, dataset, limit, validLimit, classes, fold } = run;
      const key = JSON.stringify([run.backbone, run.precision, drawn, root, dataset, limit, validLimit, classes, fold]);
      const data = opened.get(key) ?? (await openData(run, context));
      opened.set(key, data);
      prepared ??= await prepareEstimate(run, data);
      const isDone = await isFinished(run);
      const resume = !isDone && existsSync(join(run.out, runFiles.resume));
      const open = await openEstimate({ ...run, resume }, data, prepared, computed);
      if (!isDone) for (const { file } of open.features) if (file !== undefined) computed.add(file);
      const scored = toScore.filter(({ split, scoring }) => !existsSync(scoresFile(run.out, split, scoring)));
      cells.push({ row, config: run, isDone, open, scoredImages: sum(scored.map(({ images }) => images)) });
    }
  }
  return cells;
}

async function isFinished({ out }: TrainConfig): Promise<boolean> {
  const manifest = join(out, runFiles.manifest);
  return existsSync(manifest) && (await readManifest(manifest)).finished;
}

/** Splits that each cell of a row is scored on, with their numbers of images. */
async function splitSizes(config: CellsConfig, { options, scorings }: Row, context: RunContext) {
  const names: readonly SplitName[] = config.test && config.split !== "test" ? [config.split, "test"] : [config.split];
  const { seeds } = config;
  const wanted = names.flatMap((split) => (scorings ?? [undefined]).map((scoring) => ({ split, scoring })));
  return Promise.all(
    wanted.map(async ({ split, scoring }) => {
      const limit = split === "valid" ? config.validLimit : undefined;
      const of = { ...config, seed: seeds[0], ...options, ...scoring?.options };
      const images = await loadTrainingSplit(of, split, limit, context);
      return { split, scoring, images: images.samples.length };
    }),
  );
}

/** Options that decide neither the graphs of a step nor the time that it takes. */
const timeless: ReadonlySet<string> = new Set([
  ...["seed", "out", "lr", "momentum", "weightDecay", "schedule", "epochs", "maxSteps", "prototypeImages", "variant"],
  ...["tau", "sampler", "prototypeLoss", "resume", "checkpointEvery"],
]);

/** Key of cells whose steps take the same time; of the weights of loss terms only whether they are 0 matters. */
function kindOf(config: TrainConfig): string {
  const kept = Object.entries({ ...config, beta: config.beta > 0, gamma: config.gamma > 0 });
  return JSON.stringify(kept.filter(([key]) => !timeless.has(key)));
}

async function measureKinds(
  cells: readonly CellWork[],
  always: boolean,
  context: RunContext,
): Promise<ReadonlyMap<string, Rates | undefined>> {
  const rates = new Map<string, Rates | undefined>();
  for (const { config, isDone, open } of cells) {
    const kind = kindOf(config);
    if (isDone || rates.has(kind)) continue;
    const steps = sum(cells.filter((cell) => kindOf(cell.config) === kind).map((cell) => cell.open.left.steps));
    rates.set(kind, always || steps >= minStepsToTime ? await open.measure(context) : undefined);
  }
  return rates;
}

type EstimatedCell = CellWork & { readonly estimate: TrainingEstimate };

function rowEstimate({ name }: Row, cells: readonly EstimatedCell[]): RowEstimate {
  const left = cells.filter(({ isDone }) => !isDone);
  const [{ estimate: first }] = cells;
  const { images, epochs, rates } = left.length > 0 ? left[0].estimate : first;
  const timed = left.every(({ estimate }) => estimate.seconds !== undefined);
  const scoring = sum(cells.map(({ scoredImages }) => scoredImages)) * (rates?.imageSeconds ?? 0);
  const training = sum(left.map(({ estimate }) => estimate.seconds?.total ?? 0));
  const whole = left.find(({ estimate }) => estimate.stepsDone === 0)?.estimate.seconds;
  return {
    ...{ name, cellsLeft: left.length, steps: sum(left.map(({ estimate }) => estimate.left.steps)), epochs, images },
    ...(whole && { cellSeconds: whole.steps + whole.validation }),
    ...(timed && { seconds: training + scoring }),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
