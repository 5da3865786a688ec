/** Backbones in Node: a `CLIPModel` folder in the Hugging Face layout, a bundled backbone, or one on the hub. */

import { rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { requireHalf } from "../graph/runtime/halfCheck.node.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import type { RunContext } from "../platform/context.ts";
import { type ErrorCode, isFailure, MpaError } from "../platform/errors.ts";
import { readText } from "../platform/files.node.ts";
import { packageFile } from "../platform/package.node.ts";
import { assembleBackbone, type Backbone, defaultBackbone, type GraphRewrite } from "./backbone.ts";
import { strassenClip, unfitForStrassen } from "./clip.ts";
import { type FolderWeights, folderWeights } from "./folderWeights.node.ts";
import { type HubName, parseHubName } from "./hub/names.ts";
import type { Precision } from "./options.node.ts";
import { randomBackboneFolder, randomPrefix } from "./random.node.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";
import { openTokenizer, type TextSource } from "./tokenizer/tokenizerFile.ts";
import { openWeightFile } from "./weights.node.ts";

/**
 * Opens a backbone: a folder, the name of a bundled one, or a model on the Hugging Face hub (`ORG/NAME`, `ORG/NAME@REVISION`), which
 * is downloaded once. Throws NOT_FOUND, ACCESS, NETWORK, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG, WRITE.
 */
export async function openBackbone(nameOrFolder: string, context: RunContext = {}): Promise<Backbone> {
  const located = await locate(nameOrFolder, context);
  try {
    return await openFolder(located);
  } catch (error) {
    const { repair } = located;
    if (repair === undefined || !(error instanceof MpaError) || !repair.after.has(error.code)) throw error;
    context.notice?.(`${nameOrFolder} is broken in the cache (${error.message}): making it again`);
    return await openFolder(await repair.run());
  }
}

/** How a backbone computes. */
export interface BackboneArithmetic {
  readonly precision: Precision;
  /** provider of the sessions, which must have the precision; default the processor */
  readonly provider?: string;
}

/** Context of opening a backbone. */
export interface BackboneContext extends RunContext {
  /**
   * Allows half precision on the processor, where it is correct and slow, to test it without a graphics card.
   *
   * @internal
   */
  readonly allowsSlowHalf?: boolean;
  /**
   * Changes every graph of the backbone, to compute with roundings that the provider does not have.
   *
   * @internal
   */
  readonly rewrite?: GraphRewrite;
}

/**
 * Opens a backbone whose encoders compute in this precision: single, single with Strassen's algorithm, half, or 8-bit integers. Throws
 * the errors of `openBackbone`, WRITE, and RUNTIME where the provider has no half precision.
 */
export async function openBackboneIn(
  { precision, provider = "cpu" }: BackboneArithmetic,
  name: string,
  context: BackboneContext,
): Promise<Backbone> {
  if (precision === "fp16" && !context.allowsSlowHalf) await requireHalf(provider);
  const backbone = await arithmetics[precision](await openBackbone(name, context), { ...context, name });
  return context.rewrite === undefined ? backbone : { ...backbone, rewrite: context.rewrite };
}

/** Changes a backbone's precision; `name` is the name that the user gave. */
type OpenPrecision = (
  backbone: Backbone,
  context: RunContext & { readonly name: string },
) => Backbone | Promise<Backbone>;

const arithmetics: Readonly<Record<Precision, OpenPrecision>> = {
  fp32: (backbone) => backbone,
  "fp32-strassen": (backbone, { name, notice }) => {
    const unfit = unfitForStrassen(backbone.clip);
    if (unfit !== undefined) notice?.(`${name}'s image encoder ${unfit}: plain single precision it is`);
    return { ...backbone, clip: strassenClip(backbone.clip) };
  },
  // Loaded on demand.
  fp16: async (backbone, context) => (await import("./half.node.ts")).halfBackbone(backbone, context),
  int8: async (backbone, context) => (await import("./int8.node.ts")).int8Backbone(backbone, context),
};

/** Opens the tokenizer of a backbone's folder. Throws TOKENIZER if its files are missing or malformed. */
export const loadTokenizer = (folder: string): Promise<Tokenizer> => openTokenizer(folderTexts(folder));

/** The text files of a backbone's folder. `read` throws TOKENIZER for a file that exists but cannot be read. */
export const folderTexts = (folder: string): TextSource => ({
  where: (name) => (name === "" ? folder : join(folder, name)),
  read: (name) => readIfThere(join(folder, name)),
});

/** Error codes that corrupt cached files can cause: weights only, or any file of a model. */
const brokenWeights: ReadonlySet<ErrorCode> = new Set(["WEIGHTS", "NUMERIC"]);
const brokenFiles: ReadonlySet<ErrorCode> = new Set([...brokenWeights, "MODEL", "CONFIG", "TOKENIZER"]);

/** Location of a backbone's files. */
interface Located {
  readonly name: string;
  /** folder of the text files */
  readonly folder: string;
  /** file of the weights; `model.safetensors` in the folder by default */
  readonly weights?: string;
  /** expected hash of the weights */
  readonly sha256?: string;
  /** for cached files: downloads or converts corrupt ones again, after an error with one of these codes */
  readonly repair?: { readonly after: ReadonlySet<ErrorCode>; run(): Promise<Located> };
}

function openFolder({ name, folder, weights, sha256 }: Located): Promise<Backbone> {
  const file = weights ?? join(folder, "model.safetensors");
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
  if (await isFolder(nameOrFolder)) return await localFolder(nameOrFolder, context);
  const embedded = packageFile(`models/${nameOrFolder}`);
  if (/^[\w.-]+$/.test(nameOrFolder) && (await isFolder(embedded))) return called(embedded);
  const hub = parseHubName(nameOrFolder);
  if (hub !== undefined) {
    const fromHub = async (recheck: boolean): Promise<Located> => ({
      name: nameOrFolder,
      ...(await hubFolder(hub, recheck, context)),
    });
    return { ...(await fromHub(false)), repair: { after: brokenFiles, run: () => fromHub(true) } };
  }
  const fix = `name a CLIPModel folder, ${defaultBackbone}, or a model on the hub such as openai/clip-vit-base-patch16`;
  throw new MpaError("NOT_FOUND", `no backbone ${nameOrFolder}`, { fix });
}

async function localFolder(folder: string, context: RunContext): Promise<Located> {
  const located = ({ file, remake }: FolderWeights): Located => ({
    name: basename(resolve(folder)),
    folder,
    weights: file,
    ...(remake && { repair: { after: brokenWeights, run: async () => located(await remake()) } }),
  });
  return located(await folderWeights(folder, context));
}

/** The folder of a cached model; pickled or sharded weights are converted to a second folder beside it. */
async function hubFolder(
  hub: HubName,
  recheck: boolean,
  context: RunContext,
): Promise<Pick<Located, "folder" | "sha256">> {
  // Loaded on demand: most runs start from a folder.
  const { hubBackbone } = await import("./hub/fetch.node.ts");
  const { folder, needed, sha256 } = await hubBackbone(hub, { recheck }, context);
  if (needed.weights === "model.safetensors") return { folder, sha256 };
  const converted = join(folder, "..", "..", "mpa-fer", basename(folder));
  if (recheck) await rm(converted, { recursive: true, force: true });
  if (!(await isFolder(converted))) {
    const { convertClipModel } = await import("./convert/clipModel.node.ts");
    await convertClipModel(join(folder, needed.weights), converted, { withTexts: true }, context);
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

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readText(file, "TOKENIZER");
  } catch (error) {
    if (isFailure(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}
