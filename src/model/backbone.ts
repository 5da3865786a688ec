/** A frozen CLIP on disk: a `CLIPModel` folder of the Hugging Face layout, or the one that comes with the package. */
import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MpaError, messageOf } from "../errors.ts";
import { isFile } from "../files.ts";
import { type HubName, parseHubName } from "../hub/hubName.ts";
import { type ClipPreprocess, parseClipPreprocess } from "../preprocess/clipConfig.ts";
import type { Tokenizer } from "../preprocess/tokenizer.ts";
import { loadTokenizer } from "../preprocess/tokenizerFiles.ts";
import type { RunContext } from "../runContext.ts";
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

/**
 * Opens a folder, an embedded backbone by its name, or one from the Hugging Face hub (`ORG/NAME`, `ORG/NAME@REVISION`), which
 * is downloaded once. Throws NOT_FOUND, ACCESS, NETWORK, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG.
 */
export async function openBackbone(nameOrFolder: string, context: RunContext = {}): Promise<Backbone> {
  const { name, folder } = await locate(nameOrFolder, context);
  const configFile = join(folder, "config.json");
  const config = parseClipConfig(await readJson(configFile, "config.json"), configFile);
  const weights = await openWeights(join(folder, "model.safetensors"));
  const preprocessFile = join(folder, "preprocessor_config.json");
  const preprocessJson = (await isFile(preprocessFile))
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
  return { name, folder, sha256: weights.sha256, clip, tokenizer, preprocess };
}

interface Located {
  readonly name: string;
  readonly folder: string;
}

async function locate(nameOrFolder: string, context: RunContext): Promise<Located> {
  const called = (folder: string): Located => ({ name: basename(resolve(folder)), folder });
  if (nameOrFolder.startsWith(randomPrefix)) {
    return called(await randomBackboneFolder(nameOrFolder.slice(randomPrefix.length)));
  }
  if (await isFolder(nameOrFolder)) return called(nameOrFolder);
  const embedded = fileURLToPath(new URL(`../../models/${nameOrFolder}`, import.meta.url));
  if (/^[\w.-]+$/.test(nameOrFolder) && (await isFolder(embedded))) return called(embedded);
  const hub = parseHubName(nameOrFolder);
  if (hub !== undefined) return { name: nameOrFolder, folder: await hubFolder(hub, context) };
  const mend = `name a CLIPModel folder, ${defaultBackbone}, or a model on the hub such as openai/clip-vit-base-patch16`;
  throw new MpaError("NOT_FOUND", `no backbone ${nameOrFolder}`, undefined, mend);
}

/** The model's snapshot; where it has only pickled weights, a copy beside it with those weights as safetensors. */
async function hubFolder(hub: HubName, context: RunContext): Promise<string> {
  // Loaded only where it is asked for: most runs start from a folder.
  const { hubBackbone } = await import("../hub/hubBackbone.ts");
  const { folder, needed } = await hubBackbone(hub, {}, context);
  if (needed.weights === "model.safetensors") return folder;
  const converted = join(folder, "..", "..", "mpa-fer", basename(folder));
  if (!(await isFolder(converted))) {
    const { convertPickledFolder } = await import("../convert/convert.ts");
    await convertPickledFolder(folder, converted, context);
  }
  return converted;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
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
