/** Plugin interface: what a user's module can add to the package. */

import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type Architecture, architectures } from "../clip/architecture.ts";
import { parseClipConfig } from "../clip/config.ts";
import { visionTower } from "../clip/imageTower.ts";
import { embedTokens, textTower } from "../clip/textTower.ts";
import type { LabelledSource } from "../data/dataset.node.ts";
import { datasets } from "../data/datasets.node.ts";
import { type Sampler, samplers } from "../data/samplers.ts";
import * as ops from "../graph/ops/index.ts";
import { constant, scalar } from "../graph/tensor.ts";
import type { Baseline } from "../method/baselines/baseline.ts";
import { baselines } from "../method/baselines/baselines.ts";
import { promptTokens, textStart } from "../method/baselines/deepPrompts.ts";
import { learnTensors } from "../method/baselines/learnTensors.ts";
import { imageTextLoss, type LossTerm, lossTerms } from "../method/losses.ts";
import { adamw, type OptimiserKind, optimisers, sgd } from "../method/optimiser.ts";
import { type ScheduleKind, schedules } from "../method/schedule.ts";
import { parseCsv } from "../platform/csv.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { readBytes } from "../platform/files.node.ts";
import { Random } from "../platform/random.ts";
import { type ActivePlugin, activePlugins, type Registry } from "../platform/registry.ts";
import { promptMethods } from "../runs/ablate/methods.ts";
import { type CallbackMaker, callbackMakers } from "../runs/callbacks/callbacks.ts";
import { predictionFormats } from "./predict/formatRegistry.ts";
import type { PredictionFormat } from "./predict/formats.ts";

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
  optimisers: list({ create: method }),
  schedules: list({ rate: method }),
  architectures: list({ config: method }),
  baselines: list({ learn: method, logits: method, image: method.optional() }),
  formats: list({ open: method }),
  callbacks: z.array(method).optional(),
});

/** Validates a plugin and returns it. Throws PLUGIN and names the invalid part. */
export function checkPlugin<P>(plugin: P, where: string | undefined): P {
  const result = schema.safeParse(plugin);
  if (result.success) return plugin;
  const [{ path, message }] = result.error.issues;
  const what = path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
  throw new MpaError("PLUGIN", `the plugin is malformed (${what})`, { where, fix: "see docs/extending.md" });
}

/** Tools passed to a plugin, so that it imports nothing from this package and only one copy of the package is loaded. */

export const pluginTools = {
  /** graph operators: `add`, `matmul`, `softmax` …; each has a gradient */
  ops,
  /** graph constants: `constant(Float32Array, shape)`, `scalar(number)` */
  constant,
  scalar,
  /** parser of CLIP's `config.json`, and CLIP's encoders, as parts of other architectures */
  clipConfig: parseClipConfig,
  imageTower: visionTower,
  textTower,
  /** parts of baselines: text prompts that start from "a photo of a", the training loop with its optimisers, cross-entropy */
  textStart,
  promptTokens,
  embedTokens,
  learnTensors,
  sgd,
  adamw,
  imageTextLoss,
  /** rows of a CSV file with their line numbers */
  parseCsv,
  /** seeded random numbers: `new Random(seed, "mine", epoch)` */
  Random,
  /** one-line error for the user: `new MpaError("DATASET", what, { where, fix })` */
  MpaError,
} as const;

/** Type of the tools passed to a plugin. */
export type PluginTools = typeof pluginTools;

/** Contributions of a plugin; all but the name are optional. */
export interface Plugin {
  /** name in records and messages */
  readonly name: string;
  /** kinds of data sets, for `--dataset` */
  readonly datasets?: readonly LabelledSource[];
  /** samplers, for `--sampler` */
  readonly samplers?: readonly Sampler[];
  /** loss terms, for `--loss-term NAME=WEIGHT` */
  readonly lossTerms?: readonly LossTerm[];
  /** optimisers, for `--optimiser` */
  readonly optimisers?: readonly OptimiserKind[];
  /** learning-rate schedules, for `--schedule` */
  readonly schedules?: readonly ScheduleKind[];
  /** architectures of backbones with this name as `model_type` in their `config.json` */
  readonly architectures?: readonly Architecture[];
  /** baselines, for `ablate baselines --methods NAME,…` */
  readonly baselines?: readonly Baseline[];
  /** output formats, for `predict --output NAME=FILE` */
  readonly formats?: readonly PredictionFormat[];
  /** factories of callbacks, called once per training run */
  readonly callbacks?: readonly CallbackMaker[];
}

/** Default export of a plugin module: a function from the tools to the plugin. */
export type PluginDefinition = (tools: PluginTools) => Plugin | Promise<Plugin>;

/** Functions that remove each plugin's contributions. */
const removals = new Map<Plugin, readonly (() => void)[]>();

/** Registers a plugin's contributions, all or none. Throws PLUGIN if it is malformed or a name is taken. */
export async function addPlugin(define: PluginDefinition): Promise<Plugin> {
  return register(define, {});
}

/** Registers a plugin as `addPlugin` does, with the file that it came from. */
async function register(
  define: PluginDefinition,
  origin: Pick<ActivePlugin, "file" | "path" | "sha256">,
): Promise<Plugin> {
  const plugin = checkPlugin(await define(pluginTools), origin.file);
  const parts = [
    part(datasets, plugin.datasets),
    part(samplers, plugin.samplers),
    part(lossTerms, plugin.lossTerms),
    part(optimisers, plugin.optimisers),
    part(schedules, plugin.schedules),
    part(architectures, plugin.architectures),
    part(baselines, plugin.baselines, promptMethods),
    part(predictionFormats, plugin.formats),
  ];
  for (const { check } of parts) check();
  const { datasets: sources, samplers: orders, lossTerms: terms, architectures: towers } = plugin;
  const shapes = [sources, orders, terms, plugin.optimisers, plugin.schedules, towers];
  const shapesTraining = shapes.some((list = []) => list.length > 0);
  removals.set(plugin, [
    ...(removals.get(plugin) ?? []),
    ...parts.flatMap(({ add }) => add()),
    ...(plugin.callbacks ?? []).map((make) => callbackMakers.add(make)),
    activePlugins.add({
      ...{ name: plugin.name, ...origin, shapesTraining },
      ...(plugin.baselines && { baselines: plugin.baselines.map(({ name }) => name) }),
    }),
    () => origin.path !== undefined && loaded.delete(origin.path),
  ]);
  return plugin;
}

/** Removes a plugin's contributions; work that already uses them is unaffected. */
export function removePlugin(plugin: Plugin): void {
  for (const remove of removals.get(plugin) ?? []) remove();
  removals.delete(plugin);
}

/** Loaded plugins by absolute path. */
const loaded = new Map<string, Promise<Plugin>>();

/**
 * Runs a module, with all rights of this process, and registers its plugin; each file is loaded once. Throws NOT_FOUND if the
 * file cannot be read, PLUGIN if it cannot be run or exports no valid plugin.
 */
export function loadPlugin(file: string): Promise<Plugin> {
  const path = resolve(file);
  const known = loaded.get(path) ?? load(path, file);
  loaded.set(path, known);
  return known;
}

/** Paths of the loaded plugins, so that child processes can load them too. */
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
  return register(definitionOf(module, file), { file: basename(path), path, sha256 });
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

/** Checks and registers the contributions to one registry; `reserved` names mean something else there. */
function part<T extends { readonly name: string }>(
  registry: Registry<T>,
  items: readonly T[] = [],
  reserved: readonly string[] = [],
) {
  return {
    check: () => {
      for (const [i, item] of items.entries()) {
        registry.check(item);
        if (reserved.includes(item.name)) {
          throw new MpaError("PLUGIN", `there is a method ${item.name} already`, { fix: "give it another name" });
        }
        if (items.slice(0, i).some(({ name }) => name === item.name)) {
          throw new MpaError("PLUGIN", `the plugin has ${item.name} twice`, { fix: "give one another name" });
        }
      }
    },
    add: () => items.map((item) => registry.add(item)),
  };
}
