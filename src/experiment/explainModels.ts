/** The models that are looked into, side by side: zero-shot and checkpoints, each under a short name. */
import { basename, dirname, extname, resolve } from "node:path";
import type { ExplainConfig } from "../config.ts";
import { ferClasses } from "../data/classes.ts";
import { MpaError } from "../errors.ts";
import type { RunContext } from "../runContext.ts";
import { checkClasses } from "../trainer/checkpoint.ts";
import type { ExplainSetup } from "./explainSetup.ts";
import { openPredictor, type Predictor, type PredictorConfig } from "./predictor.ts";

export interface ExplainedModel {
  /** also the name of its folder */
  readonly name: string;
  /** absent for zero-shot and for prompts that came with the backbone */
  readonly checkpoint?: string;
  readonly predictor: Predictor;
}

export const zeroShotName = "zero-shot";
const adaptedName = "adapted";

/**
 * Zero-shot first, then each checkpoint; without one the prompts that come with the backbone, if any. `classes` are the data's. Throws
 * CHECKPOINT where a checkpoint has others, USAGE where nothing is left, and as `openPredictor` does.
 */
export async function openModels(
  config: ExplainConfig,
  { backbone, checkpoints }: ExplainSetup,
  context: RunContext,
  classes: readonly string[] | undefined,
): Promise<ExplainedModel[]> {
  const shared: PredictorConfig = { ...config, checkpoint: undefined, backbone };
  const trained: ExplainedModel[] = [];
  for (const [i, name] of checkpointNames(checkpoints).entries()) {
    const predictor = await openPredictor({ ...shared, checkpoint: checkpoints[i] }, context);
    if (predictor.checkpoint && classes) checkClasses(predictor.checkpoint, classes, checkpoints[i]);
    trained.push({ name, checkpoint: checkpoints[i], predictor });
  }
  if (checkpoints.length === 0) {
    const predictor = await openPredictor({ ...shared, adapted: true }, context, classes);
    if (predictor.checkpoint) trained.push({ name: adaptedName, predictor });
  }
  requireOneOrder(trained);
  const known = classes ?? trained[0]?.predictor.classes ?? ferClasses;
  if (!config.zeroShot) return requireSome(trained);
  return [{ name: zeroShotName, predictor: await openPredictor(shared, context, known) }, ...trained];
}

/** A run folder's name for its best or last checkpoint, a file's own name else; of equal ones the later get numbers. */
export function checkpointNames(files: readonly string[]): string[] {
  const taken = new Set([zeroShotName]);
  return files.map((file) => {
    const own = basename(file, extname(file));
    const plain = ["best", "last"].includes(own) ? basename(dirname(resolve(file))) : own;
    let name = plain;
    for (let n = 2; taken.has(name); n++) name = `${plain}-${n}`;
    taken.add(name);
    return name;
  });
}

function requireSome(models: ExplainedModel[]): ExplainedModel[] {
  if (models.length > 0) return models;
  throw new MpaError(
    "USAGE",
    "there is no model to explain",
    undefined,
    "name a --checkpoint or leave --no-zero-shot out",
  );
}

/** Side by side, answers must mean the same. */
function requireOneOrder([first, ...others]: readonly ExplainedModel[]): void {
  for (const { predictor, checkpoint = "" } of others) {
    if (predictor.checkpoint) checkClasses(predictor.checkpoint, first.predictor.classes, checkpoint);
  }
}
