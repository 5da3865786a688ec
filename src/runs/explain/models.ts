/** The models that are looked into, side by side: zero-shot and checkpoints, each under a short name. */
import { basename, dirname, extname, join, resolve } from "node:path";
import { z } from "zod";
import { defaultBackbone } from "../../clip/backbone.ts";
import { ferClasses } from "../../data/sample.ts";
import { checkClasses } from "../../method/checkpoint.ts";
import { type HardPromptConfiguration, hardPromptConfigurations } from "../../method/hardPrompts.ts";
import { type ModelConfig, openModel } from "../../method/model.node.ts";
import type { Model } from "../../method/model.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { isFile, readJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { recordedOptionsSchema } from "../manifest.ts";
import { runFiles } from "../runFolder.ts";
import type { ExplainConfig } from "./options.ts";

/* What `explain` looks into, once a run's own record has filled in what was left open. */

/** A data set's split that the faces come from. */
export type ExplainedData = Pick<ExplainConfig, "split" | "limit" | "allowBad"> & {
  readonly data: string;
  readonly dataset: string;
  readonly labelRule: NonNullable<ExplainConfig["labelRule"]>;
};

export interface ExplainSetup {
  readonly backbone: string;
  readonly checkpoints: readonly string[];
  /** of zero-shot */
  readonly hardPrompt: HardPromptConfiguration;
  /** a file of class → phrases for it; absent: those in the package */
  readonly descriptions?: string | undefined;
  /** absent: the faces are in files */
  readonly data?: ExplainedData;
  /** whether the run's report may show faces; absent without a run */
  readonly reportFaces?: boolean;
}

const explainedRunSchema = z.object({
  config: recordedOptionsSchema
    .pick({ data: true, dataset: true, labelRule: true, backbone: true, reportFaces: true })
    .extend({ hardPrompt: z.literal(hardPromptConfigurations), descriptions: z.string().optional() }),
});

/** Throws NOT_FOUND or CONFIG for a run folder without a record, NOT_FOUND for one without a checkpoint. */
export async function explainSetup(config: ExplainConfig): Promise<ExplainSetup> {
  const { run, files, split, limit, allowBad } = config;
  const own =
    run === undefined
      ? undefined
      : (await readJson(join(run, runFiles.manifest), explainedRunSchema, "CONFIG", { ...jsonBounds.run, root: run }))
          .config;
  const data = config.data ?? own?.data;
  const dataset = config.dataset ?? own?.dataset;
  const labelRule = config.labelRule ?? own?.labelRule ?? "plurality";
  return {
    backbone: config.backbone ?? own?.backbone ?? defaultBackbone,
    hardPrompt: config.hardPrompt ?? own?.hardPrompt ?? 3,
    descriptions: config.descriptions ?? own?.descriptions,
    checkpoints: [...(run === undefined ? [] : [await bestOf(run)]), ...config.checkpoint],
    ...(own && { reportFaces: own.reportFaces }),
    ...(files.length === 0 &&
      data !== undefined &&
      dataset !== undefined && { data: { data, dataset, labelRule, split, limit, allowBad } }),
  };
}

/** The best prompts of a run, or the last where nothing was validated. */
async function bestOf(run: string): Promise<string> {
  for (const name of ["best", "last"] as const) {
    const file = join(run, runFiles[name]);
    if (await isFile(file)) return file;
  }
  throw new MpaError("NOT_FOUND", "the run has no checkpoint", { where: run, fix: "name another --run" });
}

export interface ExplainedModel {
  /** also the name of its folder */
  readonly name: string;
  /** absent for zero-shot and for prompts that came with the backbone */
  readonly checkpoint?: string;
  readonly model: Model;
}

export const zeroShotName = "zero-shot";
const adaptedName = "adapted";

/**
 * Zero-shot first, then each checkpoint; without one the prompts that come with the backbone, if any. `classes` are the data's. Throws
 * CHECKPOINT where a checkpoint has others, USAGE where nothing is left, and as `openModel` does.
 */
export async function openModels(
  config: ExplainConfig,
  { backbone, checkpoints, hardPrompt, descriptions }: ExplainSetup,
  context: RunContext,
  classes: readonly string[] | undefined,
): Promise<ExplainedModel[]> {
  const shared: ModelConfig = {
    ...{ ...config, checkpoint: undefined, zeroShot: true },
    ...{ backbone, hardPrompt, descriptions },
  };
  const trained: ExplainedModel[] = [];
  for (const [i, name] of checkpointNames(checkpoints).entries()) {
    const model = await openModel({ ...shared, checkpoint: checkpoints[i] }, context);
    if (model.checkpoint && classes) checkClasses(model.checkpoint, classes, checkpoints[i]);
    trained.push({ name, checkpoint: checkpoints[i], model });
  }
  if (checkpoints.length === 0) {
    const model = await openModel({ ...shared, zeroShot: false }, context, classes);
    if (model.checkpoint) trained.push({ name: adaptedName, model });
  }
  requireOneOrder(trained);
  const known = classes ?? trained[0]?.model.classes ?? ferClasses;
  if (!config.zeroShot) return requireSome(trained);
  return [{ name: zeroShotName, model: await openModel(shared, context, known) }, ...trained];
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
  throw new MpaError("USAGE", "there is no model to explain", {
    fix: "name a --checkpoint or leave --no-zero-shot out",
  });
}

/** Side by side, answers must mean the same. */
function requireOneOrder([first, ...others]: readonly ExplainedModel[]): void {
  for (const { model, checkpoint = "" } of others) {
    if (model.checkpoint) checkClasses(model.checkpoint, first.model.classes, checkpoint);
  }
}
