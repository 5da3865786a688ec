/** Opens a model in Node: backbone and checkpoint from folders, files or the hub. */

import { basename, join } from "node:path";
import { z } from "zod";
import { openBackboneIn } from "../clip/backbone.node.ts";
import { adaptedPromptsFile, type Backbone } from "../clip/backbone.ts";
import type { Precision } from "../clip/options.node.ts";
import { ferClasses } from "../data/sample.ts";
import type { RunContext } from "../platform/context.ts";
import { isFile, readJson } from "../platform/files.node.ts";
import { locateCheckpoint, readCheckpoint } from "./checkpoint.node.ts";
import {
  type Descriptions,
  defaultDescriptions,
  type HardPromptConfiguration,
  parseDescriptions,
} from "./hardPrompts.ts";
import { type Model, modelOver } from "./model.ts";

/** Which model answers, and on what it runs. */
export interface ModelConfig {
  /** a folder, a model on the hub, or one in the package */
  readonly backbone: string;
  /** a file, or one on the hub */
  readonly checkpoint?: string | undefined;
  /** without a checkpoint: false takes the prompts that come with the backbone, where there are some; default true */
  readonly zeroShot?: boolean;
  readonly hardPrompt: HardPromptConfiguration;
  /** a file of class → phrases */
  readonly descriptions?: string | undefined;
  readonly threads: number;
  readonly provider: string;
  readonly precision: Precision;
}

/** `classes` name what zero-shot chooses from; a checkpoint brings its own. Throws as the backbone and checkpoint do. */
export async function openModel(
  config: ModelConfig,
  context: RunContext = {},
  classes: readonly string[] = ferClasses,
): Promise<Model> {
  const { zeroShot = true, hardPrompt } = config;
  const backbone = await openBackboneIn(config.precision, config.backbone, context);
  const given = config.checkpoint ?? (zeroShot ? undefined : await adaptedPrompts(backbone));
  if (given === undefined) {
    const descriptions = await readDescriptions(config.descriptions);
    return modelOver(backbone, { classes, hardPrompt, descriptions }, config);
  }
  const file = await locateCheckpoint(given, context);
  return modelOver(backbone, { checkpoint: await readCheckpoint(file, backbone), name: basename(file), file }, config);
}

async function adaptedPrompts({ folder }: Backbone): Promise<string | undefined> {
  const file = join(folder, adaptedPromptsFile);
  return (await isFile(file)) ? file : undefined;
}

/* Class descriptions from a file. */

/** The file's descriptions; without a file those in the package. Throws NOT_FOUND, CONFIG. */
export async function readDescriptions(file: string | undefined): Promise<Descriptions> {
  if (file === undefined) return defaultDescriptions;
  return parseDescriptions(await readJson(file, z.unknown(), "CONFIG"), file);
}
