/** Models to explain: zero-shot and checkpoints, each under a short unique name. */
import { basename, dirname, extname, join, resolve } from "node:path";
import { z } from "zod";
import { defaultBackbone } from "../../clip/backbone.ts";
import { type PartConfig, partOf } from "../../data/part.node.ts";
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

/** Split of a data set that supplies the faces. */
export type ExplainedData = Pick<ExplainConfig, "split" | "limit" | "allowBad"> & {
  readonly data: string;
  readonly dataset: string;
  readonly labelRule: NonNullable<ExplainConfig["labelRule"]>;
  /** the part of the data set that the run used */
  readonly part?: PartConfig | undefined;
};

/** Options of `explain` after filling in those of the named run. */
export interface ExplainSetup {
  readonly backbone: string;
  readonly checkpoints: readonly string[];
  /** hard prompt of zero-shot */
  readonly hardPrompt: HardPromptConfiguration;
  /** file of class → phrases for zero-shot; default: those in the package */
  readonly descriptions?: string | undefined;
  /** template of zero-shot instead of `hardPrompt`'s */
  readonly template?: string | undefined;
  /** absent if the faces come from files */
  readonly data?: ExplainedData;
  /** whether the run's report may show faces; absent without a run */
  readonly reportFaces?: boolean;
}

const explainedRunSchema = z.object({
  config: recordedOptionsSchema
    .pick({ data: true, dataset: true, labelRule: true, backbone: true, reportFaces: true })
    .extend(recordedOptionsSchema.pick({ classes: true, fold: true, foldSeed: true, persons: true }).shape)
    .extend({ hardPrompt: z.literal(hardPromptConfigurations), descriptions: z.string().optional() })
    .extend({ template: z.string().optional() }),
});

/** Resolves the options. Throws NOT_FOUND or CONFIG for a run folder without a valid manifest, NOT_FOUND for one without a checkpoint. */
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
    // A hard prompt that the user names comes before the run's template.
    template: config.template ?? (config.hardPrompt === undefined ? own?.template : undefined),
    checkpoints: [...(run === undefined ? [] : [await bestOf(run)]), ...config.checkpoint],
    ...(own && { reportFaces: own.reportFaces }),
    ...(files.length === 0 &&
      data !== undefined &&
      dataset !== undefined && {
        data: {
          data,
          dataset,
          labelRule,
          split,
          limit,
          allowBad,
          ...(config.data === undefined && own && { part: partOf(own) }),
        },
      }),
  };
}

/** A model to explain. */
export interface ExplainedModel {
  /** unique name, also that of its folder */
  readonly name: string;
  /** absent for zero-shot and for prompts supplied with the backbone */
  readonly checkpoint?: string;
  readonly model: Model;
}

const noTexts = { descriptions: undefined, template: undefined };

export const zeroShotName = "zero-shot";
const adaptedName = "adapted";

/**
 * Opens zero-shot, then each checkpoint, or the prompts supplied with the backbone if there is none. `classes` are those of the data.
 * Throws CHECKPOINT if a checkpoint has other classes, USAGE if there is no model, and the errors of `openModel`.
 */
export async function openModels(
  config: ExplainConfig,
  { backbone, checkpoints, hardPrompt, descriptions, template }: ExplainSetup,
  context: RunContext,
  classes: readonly string[] | undefined,
): Promise<ExplainedModel[]> {
  const shared: ModelConfig = {
    ...{ ...config, checkpoint: undefined, zeroShot: true },
    ...{ backbone, hardPrompt, descriptions, template },
  };
  // Descriptions and template of a run are for zero-shot; those that the user gave are reported where nothing uses them.
  const ofTrained = {
    ...shared,
    ...(config.zeroShot ? noTexts : { descriptions: config.descriptions, template: config.template }),
  };
  const trained: ExplainedModel[] = [];
  for (const [i, name] of checkpointNames(checkpoints).entries()) {
    const model = await openModel({ ...ofTrained, checkpoint: checkpoints[i] }, context);
    if (model.checkpoint && classes) checkClasses(model.checkpoint, classes, checkpoints[i]);
    trained.push({ name, checkpoint: checkpoints[i], model });
  }
  if (checkpoints.length === 0) {
    const model = await openModel({ ...ofTrained, zeroShot: false }, context, classes);
    if (model.checkpoint) trained.push({ name: adaptedName, model });
  }
  requireOneOrder(trained);
  const known = classes ?? trained[0]?.model.classes ?? ferClasses;
  if (!config.zeroShot) return requireSome(trained);
  return [{ name: zeroShotName, model: await openModel(shared, context, known) }, ...trained];
}

/** Unique names of checkpoints: the run folder's for `best` or `last`, else the file's, numbered if taken. */
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

/** Requires all models to have the same classes in the same order. Throws CHECKPOINT. */
function requireOneOrder([first, ...others]: readonly ExplainedModel[]): void {
  for (const { model, checkpoint = "" } of others) {
    if (model.checkpoint) checkClasses(model.checkpoint, first.model.classes, checkpoint);
  }
}

/** Path of a run's best checkpoint, or of the last one if no epoch was validated. */
async function bestOf(run: string): Promise<string> {
  for (const name of ["best", "last"] as const) {
    const file = join(run, runFiles[name]);
    if (await isFile(file)) return file;
  }
  throw new MpaError("NOT_FOUND", "the run has no checkpoint", { where: run, fix: "name another --run" });
}
