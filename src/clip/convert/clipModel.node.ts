/** Conversion of a `CLIPModel` folder whose weights are pickled or sharded. */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { RunContext } from "../../platform/context.ts";
import { isFailure, MpaError } from "../../platform/errors.ts";
import { readJson, readText } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { architectureOf } from "../architecture.ts";
import { clipTensors } from "../clipTensors.ts";
import type { ClipConfig } from "../config.ts";
import { checkedTensors, type ModelFolder, writeModelFolder } from "./modelFolder.node.ts";
import { openSource } from "./source.node.ts";
import type { SourceTensors } from "./tensors.node.ts";
import type { TextFiles } from "./tokenizer.node.ts";

/** Whether the tensors have the names of transformers' `CLIPModel`. */
export const isClipModel = (tensors: SourceTensors): boolean =>
  tensors.has("vision_model.embeddings.patch_embedding.weight");

/** The config of a `CLIPModel` and the tensors that it requires. */
export interface ClipModelFiles {
  readonly config: ClipConfig;
  readonly tensors: SourceTensors;
}

/**
 * Reads the `config.json` beside the weights and selects the tensors that it requires. Throws NOT_FOUND without one, MODEL if it
 * does not match the weights.
 */
export async function clipModelTensors(tensors: SourceTensors, file: string): Promise<ClipModelFiles> {
  const path = join(dirname(file), "config.json");
  const json = await readConfig(path);
  const architecture = architectureOf(json);
  const config = architecture.config(json, path);
  const stored = (name: string) => architecture.tensor?.(name) ?? name;
  const wanted = clipTensors(config).map(([name, shape]) => [stored(name), shape] as const);
  return { config, tensors: checkedTensors(tensors, wanted, file) };
}

async function readConfig(path: string): Promise<unknown> {
  try {
    return await readJson(path, z.unknown(), "MODEL", jsonBounds.modelConfig);
  } catch (error) {
    if (!isFailure(error, "NOT_FOUND")) throw error;
    const fix = "put the CLIPModel's config.json beside the weights";
    throw new MpaError("NOT_FOUND", "there is no config.json", { where: path, fix, cause: error });
  }
}

/** Reads the configuration and tokenizer files of a `CLIPModel` folder. Throws MODEL. */
export async function clipModelTexts(folder: string): Promise<TextFiles> {
  const present = (await readdir(folder)).filter((name) => textNames.has(name));
  return Object.fromEntries(
    await Promise.all(present.map(async (name) => [name, await readText(join(folder, name), "MODEL")] as const)),
  );
}

const textNames: ReadonlySet<string> = new Set([
  ...["config.json", "preprocessor_config.json"],
  ...["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"],
]);

/**
 * Converts the weights of a `CLIPModel` folder to `model.safetensors` in the folder `out`; `withTexts` copies the configuration and
 * tokenizer files as well. Throws NOT_FOUND, ACCESS, MODEL, WEIGHTS, WRITE.
 */
export async function convertClipModel(
  file: string,
  out: string,
  { withTexts }: { readonly withTexts: boolean },
  context: RunContext,
): Promise<void> {
  const source = await openSource(file);
  try {
    const { tensors } = await clipModelTensors(source.tensors, file);
    const model: ModelFolder = { tensors, texts: withTexts ? await clipModelTexts(dirname(file)) : {} };
    await writeModelFolder(out, model, context);
  } finally {
    source.close();
  }
}
