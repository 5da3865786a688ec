/** Finds a backbone: a `CLIPModel` folder of the Hugging Face layout, one in the package, or one on the hub. */
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { MpaError } from "../errors.ts";
import { type HubName, parseHubName } from "../hub/hubName.ts";
import { folderTexts } from "../preprocess/tokenizerFiles.ts";
import type { RunContext } from "../runContext.ts";
import { openSession } from "../runtime/node.ts";
import { assembleBackbone, type Backbone, defaultBackbone } from "./backbone.ts";
import { randomBackboneFolder, randomPrefix } from "./randomBackbone.ts";
import { openWeightFile } from "./weightFile.ts";

/**
 * Opens a folder, an embedded backbone by its name, or one from the Hugging Face hub (`ORG/NAME`, `ORG/NAME@REVISION`), which
 * is downloaded once. Throws NOT_FOUND, ACCESS, NETWORK, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG.
 */
export async function openBackbone(nameOrFolder: string, context: RunContext = {}): Promise<Backbone> {
  const { name, folder } = await locate(nameOrFolder, context);
  return assembleBackbone({
    name,
    texts: folderTexts(folder),
    weights: () => openWeightFile(join(folder, "model.safetensors")),
    sessions: (weights) => (model, options) => openSession(model, { ...options, weightsFolder: weights.folder }),
  });
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
