/** What users add to the package without changing it: one module, any of the parts below. */

import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type Architecture, architectures } from "../clip/architecture.ts";
import { parseClipConfig } from "../clip/config.ts";
import { visionTower } from "../clip/imageTower.ts";
import { textTower } from "../clip/textTower.ts";
import type { LabelledSource } from "../data/dataset.node.ts";
import { datasets } from "../data/datasets.node.ts";
import { type Sampler, samplers } from "../data/samplers.ts";
import * as ops from "../graph/ops/index.ts";
import { constant, scalar } from "../graph/tensor.ts";
import { type LossTerm, lossTerms } from "../method/losses.ts";
import { parseCsv } from "../platform/csv.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { readBytes } from "../platform/files.node.ts";
import { Random } from "../platform/random.ts";
import { type ActivePlugin, activePlugins, type Registry } from "../platform/registry.ts";
import { type CallbackMaker, callbackMakers } from "../runs/callbacks/callbacks.ts";
import { type PredictionFormat, predictionFormats } from "./predict/formats.ts";

/* Holds what a plugin's function gave against what a plugin is; a module that is not typed can give anything. */

const method = z.custom((value) => typeof value === "function", { error: "must be a function" });
const name = z.string({ error: "must be a name" }).min(1);
const list = (shape: z.ZodRawShape) => z.array(z.looseObject({ name, ...shape })).optional();

const schema = z.strictObject({
  name,
  datasets: list({ load: method }),
  samplers: list({ order: method }),
  lossTerms: z
    .array(
      z
        .looseObject({ name, ofImages: method.optional(), ofTexts: method.optional() })
        .refine(({ ofImages, ofTexts }) => (ofImages === undefined) !== (ofTexts === undefined), {
          error: "must have either ofImages or ofTexts",
        }),
    )
    .optional(),
  architectures: list({ config: method }),
  formats: list({ open: method }),
  callbacks: z.array(method).optional(),
});

/** Gives the plugin as it is. Throws PLUGIN and says which part is wrong. */
export function checkPlugin<P>(plugin: P, where: string | undefined): P {
  const result = schema.safeParse(plugin);
  if (result.success) return plugin;
  const [{ path, message }] = result.error.issues;
  const what = path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
  throw new MpaError("PLUGIN", `the plugin is malformed (${what})`, { where, fix: "see docs/extending.md" });
}

/* What a plugin is handed, so that it imports nothing of this package and there is only one copy of it. */

export const pluginTools = {
  /** operators of the graph: `add`, `matmul`, `softmax` …; each has its gradient */
  ops,
  /** values in a graph: `constant(Float32Array, shape)`, `scalar(number)` */
  constant,
  scalar,
  /** CLIP's sizes from a `config.json`, and CLIP's towers, to build others from */
  clipConfig: parseClipConfig,
  imageTower: visionTower,
  textTower,
  /** rows of a CSV file with their line numbers */
  parseCsv,
  /** numbers that are a function of a seed: `new Random(seed, "mine", epoch)` */
  Random,
  /** `new MpaError("DATASET", what, where, mend)`: an error that is one line for the user */
  MpaError,
} as const;

/** What a plugin's function is handed. */
export type PluginTools = typeof pluginTools;

/** What a module adds to the package; all but the name may be left out. */
export interface Plugin {
  /** names it in records and messages */
  readonly name: string;
  /** kinds of data sets, for `--dataset` */
  readonly datasets?: readonly LabelledSource[];
  /** for `--sampler` */
  readonly samplers?: readonly Sampler[];
  /** for `--loss-term NAME=WEIGHT` */
  readonly lossTerms?: readonly LossTerm[];
  /** for backbones whose `config.json` has its name as `model_type` */
  readonly architectures?: readonly Architecture[];
  /** for `predict --output NAME=FILE` */
  readonly formats?: readonly PredictionFormat[];
  /** makes a callback for each training */
  readonly callbacks?: readonly CallbackMaker[];
}

/** A plugin is a function of the tools that it may use; a module has it as its default export. */
export type PluginDefinition = (tools: PluginTools) => Plugin | Promise<Plugin>;

/** What takes a plugin's contributions out again. */
const removals = new Map<Plugin, readonly (() => void)[]>();

/** Adds what a plugin brings, all of it or nothing, until it is removed. Throws PLUGIN where it is malformed or a name is taken. */
export async function addPlugin(
  define: PluginDefinition,
  origin: Pick<ActivePlugin, "file" | "path" | "sha256"> = {},
): Promise<Plugin> {
  const plugin = checkPlugin(await define(pluginTools), origin.file);
  const parts = [
    part(datasets, plugin.datasets),
    part(samplers, plugin.samplers),
    part(lossTerms, plugin.lossTerms),
    part(architectures, plugin.architectures),
    part(predictionFormats, plugin.formats),
  ];
  for (const { check } of parts) check();
  const shapes = [plugin.datasets, plugin.samplers, plugin.lossTerms, plugin.architectures];
  const shapesTraining = shapes.some((list = []) => list.length > 0);
  removals.set(plugin, [
    ...(removals.get(plugin) ?? []),
    ...parts.flatMap(({ add }) => add()),
    ...(plugin.callbacks ?? []).map((make) => callbackMakers.add(make)),
    activePlugins.add({ name: plugin.name, ...origin, shapesTraining }),
    () => origin.path !== undefined && loaded.delete(origin.path),
  ]);
  return plugin;
}

/** Takes out what a plugin has added; work that has begun with it goes on with it. */
export function removePlugin(plugin: Plugin): void {
  for (const remove of removals.get(plugin) ?? []) remove();
  removals.delete(plugin);
}

/** What is asked of each registry. */
function part<T extends { readonly name: string }>(registry: Registry<T>, items: readonly T[] = []) {
  return {
    check: () => {
      for (const [i, item] of items.entries()) {
        registry.check(item);
        if (items.slice(0, i).some(({ name }) => name === item.name)) {
          throw new MpaError("PLUGIN", `the plugin has ${item.name} twice`, { fix: "give one another name" });
        }
      }
    },
    add: () => items.map((item) => registry.add(item)),
  };
}

/* Loads a plugin from a file: its code is run, with all the rights of this process. */

/** By the absolute path of the file. */
const loaded = new Map<string, Promise<Plugin>>();

/**
 * Runs the module and adds what its default export gives; the same file is added once. Throws NOT_FOUND where there is none,
 * PLUGIN where it cannot be run or brings nothing that fits.
 */
export function loadPlugin(file: string): Promise<Plugin> {
  const path = resolve(file);
  const known = loaded.get(path) ?? load(path, file);
  loaded.set(path, known);
  return known;
}

/** The files that were loaded, for processes that are started to do the same. */
export const pluginFiles = (): readonly string[] => activePlugins.all.flatMap(({ path }) => path ?? []);

async function load(path: string, file: string): Promise<Plugin> {
  const bytes = await readBytes(path).catch((cause) => {
    throw new MpaError("NOT_FOUND", `cannot read the plugin (${messageOf(cause)})`, {
      where: file,
      fix: "name a module",
      cause,
    });
  });
  const module = await run(path, file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return addPlugin(definitionOf(module, file), { file: basename(path), path, sha256 });
}

async function run(path: string, file: string): Promise<object> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    const what = `the plugin cannot be run (${messageOf(cause)})`;
    throw new MpaError("PLUGIN", what, { where: file, fix: "name a JavaScript module, .mjs or .js", cause });
  }
}

function definitionOf(module: object, file: string): PluginDefinition {
  if ("default" in module && isDefinition(module.default)) return module.default;
  throw new MpaError("PLUGIN", "the module has no function as its default export", {
    where: file,
    fix: "see docs/extending.md",
  });
}

const isDefinition = (value: unknown): value is PluginDefinition => typeof value === "function";
