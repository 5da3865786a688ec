/** A frozen CLIP on disk: a `CLIPModel` folder of the Hugging Face layout, or the one that comes with the package. */
import { access, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MpaError, messageOf } from "../errors.ts";
import { type ClipPreprocess, parseClipPreprocess } from "../preprocess/clipConfig.ts";
import type { Tokenizer } from "../preprocess/tokenizer.ts";
import { loadTokenizer } from "../preprocess/tokenizerFiles.ts";
import { type Clip, openClip } from "./clip.ts";
import { parseClipConfig } from "./clipConfig.ts";
import { randomBackboneFolder, randomPrefix } from "./randomBackbone.ts";
import { openWeights } from "./weights.ts";

export interface Backbone {
  readonly name: string;
  readonly folder: string;
  /** of `model.safetensors` */
  readonly sha256: string;
  readonly clip: Clip;
  readonly tokenizer: Tokenizer;
  readonly preprocess: ClipPreprocess;
}

/** The backbone that is used when none is named. */
export const defaultBackbone = "faceclip-mini";

/** Opens a folder or an embedded backbone by its name. Throws NOT_FOUND, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG. */
export async function openBackbone(nameOrFolder: string): Promise<Backbone> {
  const folder = await locate(nameOrFolder);
  const configFile = join(folder, "config.json");
  const config = parseClipConfig(await readJson(configFile, "config.json"), configFile);
  const weights = await openWeights(join(folder, "model.safetensors"));
  const preprocessFile = join(folder, "preprocessor_config.json");
  const preprocessJson = (await exists(preprocessFile))
    ? await readJson(preprocessFile, "preprocessor_config.json")
    : undefined;
  const preprocess = parseClipPreprocess(preprocessJson, config.vision.imageSize, preprocessFile);
  const tokenizer = await loadTokenizer(folder);
  if (tokenizer.vocabularySize > config.text.vocabulary) {
    const sizes = `${tokenizer.vocabularySize} tokens against ${config.text.vocabulary} embeddings`;
    throw new MpaError(
      "TOKENIZER",
      `the tokenizer does not fit the weights: ${sizes}`,
      folder,
      "restore the backbone's files",
    );
  }
  const clip = await openClip(config, weights);
  return { name: basename(resolve(folder)), folder, sha256: weights.sha256, clip, tokenizer, preprocess };
}

async function locate(nameOrFolder: string): Promise<string> {
  if (nameOrFolder.startsWith(randomPrefix)) return randomBackboneFolder(nameOrFolder.slice(randomPrefix.length));
  if (await isFolder(nameOrFolder)) return nameOrFolder;
  const embedded = fileURLToPath(new URL(`../../models/${nameOrFolder}`, import.meta.url));
  if (/^[\w.-]+$/.test(nameOrFolder) && (await isFolder(embedded))) return embedded;
  const mend = `name a CLIPModel folder or ${defaultBackbone}`;
  throw new MpaError("NOT_FOUND", `no backbone ${nameOrFolder}`, undefined, mend);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readJson(file: string, name: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read ${name}`, file, "name a whole CLIPModel folder", { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MpaError("MODEL", `${name} is not JSON: ${messageOf(cause)}`, file, "restore the backbone's files", {
      cause,
    });
  }
}
