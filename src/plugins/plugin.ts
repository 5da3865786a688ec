/** What users add to the package without changing it: one module, any of the parts below. */
import { addCallbackMakers, type CallbackMaker } from "../callbacks/pluginCallbacks.ts";
import type { Sampler } from "../data/sampler.ts";
import { samplers } from "../data/samplers.ts";
import type { LabelledSource } from "../data/source.ts";
import { datasets } from "../data/sources.ts";
import { MpaError } from "../errors.ts";
import type { LossTerm } from "../losses/lossTerm.ts";
import { lossTerms } from "../losses/terms.ts";
import type { Architecture } from "../model/architecture.ts";
import { architectures } from "../model/architectures.ts";
import { type ActivePlugin, recordPlugin } from "../pluginRecord.ts";
import type { PredictionFormat } from "../recognise/formats/predictionFormat.ts";
import { predictionFormats } from "../recognise/formats/predictionFormats.ts";
import { checkPlugin } from "./checkPlugin.ts";
import { type PluginTools, pluginTools } from "./tools.ts";

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

/**
 * Adds what a plugin brings, all of it or nothing. Throws PLUGIN where it is malformed or a name is taken. What it adds stays
 * until the process ends.
 */
export async function addPlugin(
  define: PluginDefinition,
  origin: Pick<ActivePlugin, "file" | "sha256"> = {},
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
  for (const { add } of parts) add();
  addCallbackMakers(plugin.callbacks);
  const shapes = [plugin.datasets, plugin.samplers, plugin.lossTerms, plugin.architectures];
  recordPlugin({ name: plugin.name, ...origin, shapesTraining: shapes.some((list = []) => list.length > 0) });
  return plugin;
}

/** What is asked of each registry. */
function part<T extends { readonly name: string }>(
  registry: { check(item: T): void; add(item: T): void },
  items: readonly T[] = [],
) {
  return {
    check: () => {
      for (const [i, item] of items.entries()) {
        registry.check(item);
        if (items.slice(0, i).some(({ name }) => name === item.name)) {
          throw new MpaError("PLUGIN", `the plugin has ${item.name} twice`, undefined, "give one another name");
        }
      }
    },
    add: () => {
      for (const item of items) registry.add(item);
    },
  };
}
