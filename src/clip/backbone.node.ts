/** Finds a backbone: a `CLIPModel` folder of the Hugging Face layout, one in the package, or one on the hub. */

import { rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { openSession } from "../graph/runtime/session.node.ts";
import type { RunContext } from "../platform/context.ts";
import { type ErrorCode, isFailure, MpaError } from "../platform/errors.ts";
import { readText } from "../platform/files.node.ts";
import { packageFile } from "../platform/package.node.ts";
import { assembleBackbone, type Backbone, defaultBackbone } from "./backbone.ts";
import { type HubName, parseHubName } from "./hub/names.ts";
import type { Precision } from "./options.node.ts";
import { strassenClip, unfitForStrassen } from "./pairedBlock.ts";
import { randomBackboneFolder, randomPrefix } from "./random.node.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";
import { openTokenizer, type TextSource } from "./tokenizer/tokenizerFile.ts";
import { openWeightFile } from "./weights.node.ts";

/** The tokenizer of a backbone folder. Fails with `TOKENIZER` where its files are missing or malformed. */
export const loadTokenizer = (folder: string): Promise<Tokenizer> => openTokenizer(folderTexts(folder));

/** The texts of a backbone folder. Reading fails with `TOKENIZER` for a file that is there and cannot be read. */
export const folderTexts = (folder: string): TextSource => ({
  where: (name) => (name === "" ? folder : join(folder, name)),
  read: (name) => readIfThere(join(folder, name)),
});

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readText(file, "TOKENIZER");
  } catch (error) {
    if (isFailure(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

/**
 * Opens a folder, an embedded backbone by its name, or one from the Hugging Face hub (`ORG/NAME`, `ORG/NAME@REVISION`), which
 * is downloaded once. Throws NOT_FOUND, ACCESS, NETWORK, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG.
 */
export async function openBackbone(nameOrFolder: string, context: RunContext = {}): Promise<Backbone> {
  const located = await locate(nameOrFolder, context);
  try {
    return await openFolder(located);
  } catch (error) {
    if (located.repaired === undefined || !(error instanceof MpaError) || !broken.has(error.code)) throw error;
    context.notice?.(`${nameOrFolder} is broken in the cache (${error.message}): fetching what is`);
    return await openFolder(await located.repaired());
  }
}

/** What a file of the cache that lost or changed bytes may fail with. */
const broken: ReadonlySet<ErrorCode> = new Set(["WEIGHTS", "NUMERIC", "MODEL", "CONFIG", "TOKENIZER"]);

interface Located {
  readonly name: string;
  readonly folder: string;
  /** what the weights have to be */
  readonly sha256?: string;
  /** of the cache: the same, with files that are not what the hub has fetched again */
  repaired?(): Promise<Located>;
}

function openFolder({ name, folder, sha256 }: Located): Promise<Backbone> {
  const file = join(folder, "model.safetensors");
  return assembleBackbone({
    name,
    texts: folderTexts(folder),
    weights: async () => {
      const weights = await openWeightFile(file);
      if (sha256 === undefined || weights.sha256 === sha256) return weights;
      throw new MpaError("WEIGHTS", "the weights are not those that the hub names", {
        where: file,
        fix: "delete the file",
      });
    },
    sessions: (weights) => (model, options) => openSession(model, { ...options, weightsFolder: weights.folder }),
  });
}

async function locate(nameOrFolder: string, context: RunContext): Promise<Located> {
  const called = (folder: string): Located => ({ name: basename(resolve(folder)), folder });
  if (nameOrFolder.startsWith(randomPrefix)) {
    return called(await randomBackboneFolder(nameOrFolder.slice(randomPrefix.length)));
  }
  if (await isFolder(nameOrFolder)) return called(nameOrFolder);
  const embedded = packageFile(`models/${nameOrFolder}`);
  if (/^[\w.-]+$/.test(nameOrFolder) && (await isFolder(embedded))) return called(embedded);
  const hub = parseHubName(nameOrFolder);
  if (hub !== undefined) {
    const fromHub = async (recheck: boolean): Promise<Located> => ({
      name: nameOrFolder,
      ...(await hubFolder(hub, recheck, context)),
    });
    return { ...(await fromHub(false)), repaired: () => fromHub(true) };
  }
  const fix = `name a CLIPModel folder, ${defaultBackbone}, or a model on the hub such as openai/clip-vit-base-patch16`;
  throw new MpaError("NOT_FOUND", `no backbone ${nameOrFolder}`, { fix });
}

/** The model's snapshot; where it has only pickled weights, a copy beside it with those weights as safetensors. */
async function hubFolder(
  hub: HubName,
  recheck: boolean,
  context: RunContext,
): Promise<Pick<Located, "folder" | "sha256">> {
  // Loaded only where it is asked for: most runs start from a folder.
  const { hubBackbone } = await import("./hub/fetch.node.ts");
  const { folder, needed, sha256 } = await hubBackbone(hub, { recheck }, context);
  if (needed.weights === "model.safetensors") return { folder, sha256 };
  const converted = join(folder, "..", "..", "mpa-fer", basename(folder));
  if (recheck) await rm(converted, { recursive: true, force: true });
  if (!(await isFolder(converted))) {
    const { convertPickledFolder } = await import("./convert/convert.node.ts");
    await convertPickledFolder(folder, converted, context);
  }
  return { folder: converted };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/* The arithmetic of the frozen towers (`--precision`). */

/**
 * Opens a backbone for single precision, with its image tower's products by Strassen's scheme, or with that tower in eight bits.
 * Throws as `openBackbone` does, and WRITE.
 */
export async function openBackboneIn(precision: Precision, name: string, context: RunContext): Promise<Backbone> {
  return arithmetics[precision](await openBackbone(name, context), { ...context, name });
}

/** `name` is what the user called the backbone. */
type Arithmetic = (backbone: Backbone, context: RunContext & { readonly name: string }) => Backbone | Promise<Backbone>;

const arithmetics: Readonly<Record<Precision, Arithmetic>> = {
  fp32: (backbone) => backbone,
  "fp32-strassen": (backbone, { name, notice }) => {
    const unfit = unfitForStrassen(backbone.clip);
    if (unfit !== undefined) notice?.(`${name}'s image tower ${unfit}: plain single precision it is`);
    return { ...backbone, clip: strassenClip(backbone.clip) };
  },
  // Loaded only where it is asked for.
  int8: async (backbone, context) => (await import("./int8.node.ts")).int8Backbone(backbone, context),
};
