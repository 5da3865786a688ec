/** Models in Node: backbone and checkpoint from folders, files or the hub. */

import { basename, join } from "node:path";
import { z } from "zod";
import { type BackboneContext, openBackboneIn } from "../clip/backbone.node.ts";
import { adaptedPromptsFile, type Backbone } from "../clip/backbone.ts";
import type { Precision } from "../clip/options.node.ts";
import { ferClasses } from "../data/sample.ts";
import { isFile, readJson } from "../platform/files.node.ts";
import { locateCheckpoint, readCheckpoint } from "./checkpoint.node.ts";
import {
  type Descriptions,
  defaultDescriptions,
  type HardPromptConfiguration,
  parseDescriptions,
} from "./hardPrompts.ts";
import { type Model, modelOver } from "./model.ts";

/** Selection of a model and its runtime. */
export interface ModelConfig {
  /** folder, hub model, or name of a bundled backbone */
  readonly backbone: string;
  /** file or hub checkpoint */
  readonly checkpoint?: string | undefined;
  /** default true; false uses the backbone's own prompts, if any, when no checkpoint is given */
  readonly zeroShot?: boolean;
  /** default true; false reads each face once, where the prompts ask for a mirrored read as well */
  readonly flip?: boolean;
  readonly hardPrompt: HardPromptConfiguration;
  /** JSON file of class → phrases */
  readonly descriptions?: string | undefined;
  /** replaces the template of `hardPrompt` */
  readonly template?: string | undefined;
  readonly threads: number;
  readonly provider: string;
  readonly precision: Precision;
}

/** Opens a model. `classes` apply to zero-shot only; a checkpoint defines its own. Throws the errors of `openBackboneIn` and `readCheckpoint`. */
export async function openModel(
  config: ModelConfig,
  context: BackboneContext = {},
  classes: readonly string[] = ferClasses,
): Promise<Model> {
  const { zeroShot = true, hardPrompt, template } = config;
  const backbone = await openBackboneIn(config, config.backbone, context);
  const given = config.checkpoint ?? (zeroShot ? undefined : await adaptedPrompts(backbone));
  if (given === undefined) {
    const descriptions = await readDescriptions(config.descriptions);
    return modelOver(backbone, { classes, hardPrompt, descriptions, template }, config);
  }
  const file = await locateCheckpoint(given, context);
  if (config.descriptions !== undefined) {
    context.notice?.(`the descriptions are not used: ${file} is trained prompts; --zero-shot uses them`);
  }
  if (template !== undefined) {
    context.notice?.(`the template is not used: ${file} is trained prompts; --zero-shot uses it`);
  }
  const trained = { checkpoint: await readCheckpoint(file, backbone), name: basename(file), file };
  return modelOver(backbone, { ...trained, isBundled: config.checkpoint === undefined }, config);
}

/** Class descriptions from a JSON file, or the defaults. Throws NOT_FOUND, CONFIG. */
export async function readDescriptions(file: string | undefined): Promise<Descriptions> {
  if (file === undefined) return defaultDescriptions;
  return parseDescriptions(await readJson(file, z.unknown(), "CONFIG"), file);
}

async function adaptedPrompts({ folder }: Backbone): Promise<string | undefined> {
  const file = join(folder, adaptedPromptsFile);
  return (await isFile(file)) ? file : undefined;
}
