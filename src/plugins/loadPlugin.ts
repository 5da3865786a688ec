/** Loads a plugin from a file: its code is run, with all the rights of this process. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MpaError, messageOf } from "../errors.ts";
import { addPlugin, type Plugin, type PluginDefinition } from "./plugin.ts";

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
export const pluginFiles = (): readonly string[] => [...loaded.keys()];

async function load(path: string, file: string): Promise<Plugin> {
  const bytes = await readFile(path).catch((cause) => {
    throw new MpaError("NOT_FOUND", `cannot read the plugin (${messageOf(cause)})`, file, "name a module", { cause });
  });
  const module = await run(path, file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return addPlugin(definitionOf(module, file), { file: basename(path), sha256 });
}

async function run(path: string, file: string): Promise<object> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    const what = `the plugin cannot be run (${messageOf(cause)})`;
    throw new MpaError("PLUGIN", what, file, "name a JavaScript module, .mjs or .js", { cause });
  }
}

function definitionOf(module: object, file: string): PluginDefinition {
  if ("default" in module && isDefinition(module.default)) return module.default;
  throw new MpaError("PLUGIN", "the module has no function as its default export", file, "see docs/extending.md");
}

const isDefinition = (value: unknown): value is PluginDefinition => typeof value === "function";
