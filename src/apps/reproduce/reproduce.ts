/** `reproduce`: trains with the paper's settings on one of its data sets, scores the test split, and writes a record to send in. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { spread } from "../../evaluation/spread.ts";
import { commandText } from "../../platform/command.ts";
import { contextOf, eachOnce, type RunContext } from "../../platform/context.ts";
import { readJson, writeFileAtomic } from "../../platform/files.node.ts";
import { lockFolder } from "../../platform/folderLock.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { makeOut, trainRow } from "../../runs/ablate/ablate.ts";
import { type AblationEstimate, type AblationListener, estimateCells } from "../../runs/ablate/estimate.ts";
import { AblationPlan } from "../../runs/ablate/plan.ts";
import { type Row, rowsOf } from "../../runs/ablate/rows.ts";
import { evaluate } from "../../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";
import { intervalsSchema, metricsSchema, runBounds, runSchema } from "../../runs/manifest.ts";
import { publishedOptions, resultOptions } from "../../runs/optionRoles.ts";
import type { TrainConfig } from "../../runs/options.ts";
import { verifySchema } from "../verify/options.ts";
import { type Verification, verify } from "../verify/verify.ts";
import { cellsOf, deviationsOf, type ReproduceConfig } from "./options.ts";
import { type ReproductionRecord, recordSchema } from "./record.ts";
import { recordMarkdown } from "./recordText.ts";

/** Result of `reproduce`. */
export interface ReproductionResult {
  /** folder with record.json, record.md and a run folder for each seed */
  readonly out: string;
  readonly record: ReproductionRecord;
}

/** The whole method, the row whose figures Table 4 has. */
const row: Row = { name: "mpa", options: { variant: "mpa" }, paper: {} };

/** Backbones of the paper's Table 4, by their repositories. */
const paperBackbones = {
  "openai/clip-vit-base-patch16": "ViT-B/16",
  "openai/clip-vit-large-patch14": "ViT-L/14",
} as const;

/** Estimates a reproduction; nothing is written. Throws as `estimateCells` does. */
export const estimateReproduction = (config: ReproduceConfig, context: RunContext): Promise<AblationEstimate> =>
  estimateCells(cellsOf(config), [row], context);

/**
 * Runs a reproduction. Finished seeds are not run again, and a stopped one is resumed; `onEstimate` receives what all will take before
 * it starts. Throws the errors of `verify`, `train` and `evaluate`.
 */
export async function reproduce(
  config: ReproduceConfig,
  given: RunContext = {},
  onEstimate?: AblationListener,
): Promise<ReproductionResult> {
  const context = { ...given, notice: eachOnce(contextOf(given).notice) };
  const { out, backbone, threads, provider, seeds, split } = config;
  await makeOut(out);
  const lock = await lockFolder(out);
  try {
    // A wrong backbone is found before days of training.
    const verification = await verify(verifySchema.config.parse({ backbone, threads, provider }), context);
    const cells = cellsOf(config);
    const estimate = onEstimate && (await estimateCells(cells, [row], context, { always: false }));
    if (estimate !== undefined) await onEstimate?.(estimate);
    const plan = new AblationPlan(
      seeds.map(() => ({ row: row.name })),
      estimate,
    );
    const trained = await trainRow(cells, { rows: 1, place: 0, plan }, row, context);
    const runs: ScoredRun[] = [];
    for (const { run } of trained) runs.push(await scoreRun(run, split, context));
    const record = recordOf(config, verification, runs);
    await writeFileAtomic(join(out, "record.json"), `${JSON.stringify(record, null, 2)}\n`);
    await writeFileAtomic(join(out, "record.md"), recordMarkdown(record));
    return { out, record };
  } finally {
    await lock.release();
  }
}

const scoresSchema = z.intersection(metricsSchema, z.object({ at: z.string(), intervals: intervalsSchema }));

interface ScoredRun {
  readonly manifest: z.infer<typeof runSchema>;
  readonly scores: z.infer<typeof scoresSchema>;
}

/** Scores a run's best epoch, or reads its scores, so that the test split is opened once for each run. */
async function scoreRun(run: TrainConfig, split: ReproduceConfig["split"], context: RunContext): Promise<ScoredRun> {
  const file = join(run.out, `reproduction-${split}.json`);
  if (!existsSync(file)) {
    const { data, dataset, labelRule, backbone, precision, provider, threads, allowBad, batchSize, validLimit } = run;
    const shared = { data, dataset, labelRule, backbone, precision, provider, threads, allowBad, batchSize };
    const limit = split === "valid" ? validLimit : undefined;
    const checkpoint = join(run.out, "best.safetensors");
    const options = { ...shared, split, limit, seed: run.seed, checkpoint };
    const { evaluation } = await evaluate(evaluateSchema.config.parse(options), context);
    await writeFileAtomic(file, `${JSON.stringify({ ...evaluation, at: new Date().toISOString() })}\n`);
  }
  const manifest = join(run.out, "run.json");
  return {
    scores: await readJson(file, scoresSchema, "CONFIG", jsonBounds.run),
    manifest: await readJson(manifest, runSchema, "CHECKPOINT", runBounds(manifest)),
  };
}

function recordOf(config: ReproduceConfig, verification: Verification, runs: readonly ScoredRun[]): ReproductionRecord {
  const {
    set: [dataset],
    split,
  } = config;
  const [{ manifest }] = runs;
  const paper = paperFigures(dataset);
  const ours = Object.entries(paperBackbones).find(([repo]) => repo === verification.published)?.[1];
  const deviations = [
    ...deviationsOf(config),
    ...(ours === undefined ? ["the backbone is none of the paper's, as far as its bytes or name tell"] : []),
  ];
  const accuracy = spread(runs.map(({ scores }) => scores.accuracy));
  const isReproduction = deviations.length === 0;
  const times = runs.map(({ scores: { at } }) => at).sort();
  return recordSchema.parse({
    ...{ format: "mpa-fer-reproduction/1", at: times[times.length - 1], command: commandOf(config), dataset },
    ...{ isReproduction, deviations, selection: manifest.selection, scored: split },
    paper: { source: "Table 4", accuracy: paper },
    backbone: backboneOf(manifest.backbone.name, verification),
    data: dataOf(manifest, split),
    prompts: { sha256: manifest.texts.sha256, hard: manifest.texts.hard ?? [] },
    settings: publishedOptions(resultOptions(manifest.config)),
    machine: machineOf(manifest, config.threads),
    versions: manifest.versions,
    runs: runs.map(runOf),
    ...{ accuracy, uar: spread(runs.map(({ scores }) => scores.uar)) },
    ...(isReproduction && ours && { difference: 100 * accuracy.mean - paper[ours] }),
  });
}

/** The paper's accuracy on a data set in percent, by backbone. */
function paperFigures(dataset: string): Readonly<Record<string, number>> {
  const rows = rowsOf({ table: ["backbones"], vary: [], backbones: Object.keys(paperBackbones) });
  return Object.fromEntries(Object.values(paperBackbones).map((name, i) => [name, rows[i].paper[dataset]]));
}

function backboneOf(name: string, { published, sha256, weights, checks }: Verification) {
  const named = (state: string) => checks.filter((each) => each.state === state).map(({ check }) => check);
  return {
    ...{ name, sha256 },
    ...(published && { published }),
    ...(weights && { weights }),
    checks: { ok: named("ok").length, failed: named("failed"), unknown: named("unknown") },
  };
}

function dataOf({ data, testSplit }: ScoredRun["manifest"], split: string) {
  const known = Object.entries(data).map(
    ([name, { images, counts, index }]) => [name, { images, counts, index }] as const,
  );
  const opening = testSplit?.openings.find(({ isOwn }) => isOwn !== false);
  const test =
    split === "test" && opening && !("test" in data)
      ? [["test", { images: opening.images, index: opening.index }] as const]
      : [];
  return Object.fromEntries([...known, ...test]);
}

const machineOf = ({ machine, provider, adapter }: ScoredRun["manifest"], threads: number) => ({
  ...{ arch: machine?.arch ?? "unknown", processor: machine?.processor ?? "unknown", provider, threads },
  ...(adapter && { adapter }),
});

function runOf({ manifest: { seed, steps, best, seconds, bits }, scores }: ScoredRun) {
  const recalls = Object.entries(scores.perClass).flatMap(([name, { recall, support }]) =>
    support > 0 ? [[name, recall] as const] : [],
  );
  return {
    ...{ seed, steps, seconds },
    ...(best && { bestEpoch: best.epoch }),
    ...{ accuracy: scores.accuracy, uar: scores.uar, ece: scores.ece, images: scores.n, intervals: scores.intervals },
    recalls: Object.fromEntries(recalls),
    ...(bits && { bits: bits.best }),
  };
}

/** The call without places: a folder of a backbone is private, a name on the hub is not. */
function commandOf({
  set: [dataset],
  backbone,
  seeds,
  split,
  paperProtocol,
  epochs,
  limit,
  validLimit,
  precision,
  provider,
}: ReproduceConfig): string {
  const isName = /^[\w-][\w.-]*(\/[\w-][\w.-]*(@[\w./-]+)?)?$/.test(backbone) && !existsSync(backbone);
  return [
    commandText(`reproduce ${dataset} --data DIR --backbone ${isName ? backbone : "DIR"} --seeds ${seeds.join(",")}`),
    ...(split === "valid" ? ["--split valid"] : []),
    ...(paperProtocol ? ["--paper-protocol"] : []),
    ...(epochs === undefined ? [] : [`--epochs ${epochs}`]),
    ...(limit === undefined ? [] : [`--limit ${limit}`]),
    ...(validLimit === undefined ? [] : [`--valid-limit ${validLimit}`]),
    ...(precision === "fp32" ? [] : [`--precision ${precision}`]),
    ...(provider === "cpu" ? [] : [`--provider ${provider}`]),
  ].join(" ");
}
