/** `lr-range`: trains while the learning rate grows, and suggests one from the curve of the loss. Prompts are not saved. */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { openTrainingImages } from "../../data/trainingImages.node.ts";
import { locateCheckpoint, startingPrompts } from "../../method/checkpoint.node.ts";
import { fit, initialState } from "../../method/fit.ts";
import { optimiserOf } from "../../method/learning.ts";
import { localSteps } from "../../method/localSteps.ts";
import { lossScaleOf } from "../../method/lossScale.ts";
import { openTrainingSession } from "../../method/trainingSession.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { counted } from "../../platform/counts.ts";
import { csvLine } from "../../platform/csv.ts";
import { isFailure, MpaError, throwIfStopped } from "../../platform/errors.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { machine, versions } from "../../platform/package.node.ts";
import { systemFailure } from "../../platform/systemError.ts";
import { type TrainConfig, trainSchema } from "../options.ts";
import { lrRangeReport } from "../report/lrRangeReport.ts";
import { openSetup, type RunInputs } from "../train/openRun.ts";
import type { LrRangeConfig } from "./options.ts";
import { hasDiverged, nextPoints, type RangePoint, rangeRate, type Suggestion, suggestion } from "./suggestion.ts";

/** Result of a range test, as in `lr-range.json`. */
export interface LrRangeResult {
  readonly format: "mpa-fer-lr-range/1";
  /** absent if the loss fell by no more than its noise */
  readonly suggestion?: Suggestion;
  /** why the test ended before its last step */
  readonly ended?: "the loss diverged" | "a value was not finite";
  readonly points: readonly RangePoint[];
  readonly config: LrRangeConfig;
  readonly backbone: { readonly name: string; readonly sha256: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly arch: string; readonly processor: string };
}

/** Files of a range test. */
const files = { json: "lr-range.json", csv: "lr-range.csv", html: "lr-range.html" } as const;

/** Runs a learning-rate range test and writes its files. Throws WRITE if the folder has one already, INTERRUPTED, and as `train` does. */
export async function lrRange(config: LrRangeConfig, context: RunContext = {}): Promise<LrRangeResult> {
  const found = join(config.out, files.json);
  if (existsSync(found)) {
    throw new MpaError("WRITE", "there is a range test already", { where: found, fix: "choose another --out" });
  }
  await mkdir(config.out, { recursive: true }).catch((error: unknown) => {
    throw systemFailure(error, "write", config.out);
  });
  const training = trainingConfig(config);
  const backbone = await openBackboneIn(config, config.backbone, context);
  const train = await openTrainingImages(training, backbone, "train", config.limit, context);
  const { setup, images } = await openSetup(training, { backbone, train }, context);
  throwIfStopped(context.signal, "the range test stopped before its first step");
  const parts = { config: training, backbone, train, setup, images };
  const { points, ended } = await rangeOf(config, parts, context);
  throwIfStopped(context.signal, `the range test stopped after ${counted(points.length, "step")}`);
  const { name, sha256 } = backbone;
  const suggested = suggestion(points);
  const result: LrRangeResult = {
    format: "mpa-fer-lr-range/1",
    ...(suggested && { suggestion: suggested }),
    ...(ended && { ended }),
    ...{ points, config, backbone: { name, sha256 }, versions: versions(), machine: machine() },
  };
  await writeFileAtomic(join(config.out, files.csv), csvOf(points));
  await writeFileAtomic(join(config.out, files.html), lrRangeReport(result));
  await writeFileAtomic(found, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** The training that the test is about. */
function trainingConfig({
  minLr: _min,
  maxLr: _max,
  steps: _steps,
  json: _json,
  ...shared
}: LrRangeConfig): TrainConfig {
  return trainSchema.config.parse(shared);
}

async function rangeOf(
  { minLr, maxLr, steps: count }: LrRangeConfig,
  { config, backbone, train, setup, images }: Pick<RunInputs, "config" | "backbone" | "train" | "setup" | "images">,
  context: RunContext,
): Promise<Pick<LrRangeResult, "points" | "ended">> {
  const { progress } = contextOf(context);
  const { threads, provider, memory, microBatch, seed } = config;
  const batchSize = Math.min(config.batchSize, images);
  const init = config.init && (await locateCheckpoint(config.init, context));
  const prompts = await startingPrompts(setup.spec.shapes, seed, init);
  const session = { threads, provider, memory, batchSize, microBatch };
  const training = await openTrainingSession(backbone, setup.spec, session);
  const optimiser = optimiserOf(config);
  const diverged = new AbortController();
  const task = progress.start({ label: "range test", total: count, unit: "steps" });
  let points: readonly RangePoint[] = [];
  try {
    await fit(initialState(prompts, optimiser, lossScaleOf(backbone.clip)), {
      ...{ optimiser, schedule: rangeRate(minLr, maxLr, count), epochs: Infinity, maxSteps: count },
      steps: localSteps(training, train, setup.features?.train, config),
      // The curve is that of the training loss; no image of another split is read.
      validator: { validate: async () => ({ metrics: { accuracy: 0, uar: 0 } }) },
      listener: {
        onStep: ({ lr, losses }) => {
          points = nextPoints(points, lr, losses.L_total);
          task.update(points.length);
          if (hasDiverged(points)) diverged.abort();
        },
      },
      signal: context.signal ? AbortSignal.any([context.signal, diverged.signal]) : diverged.signal,
    });
    return { points, ...(diverged.signal.aborted && { ended: "the loss diverged" }) };
  } catch (error) {
    if (isFailure(error, "NUMERIC")) return { points, ended: "a value was not finite" };
    throw error;
  } finally {
    task.finish();
    await training.dispose();
  }
}

function csvOf(points: readonly RangePoint[]): string {
  const rows = points.map(({ step, lr, loss, smoothed }) => csvLine([step, lr, loss, smoothed]));
  return [csvLine(["step", "lr", "loss", "smoothed"]), ...rows].join("");
}
