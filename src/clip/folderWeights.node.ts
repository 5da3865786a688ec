/**
 * Weights of a `CLIPModel` folder: `model.safetensors`, or a conversion of other weight files, which is cached in the user's cache
 * folder.
 */

import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { commandText, shellWord } from "../platform/command.ts";
import type { RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { isFile, readText } from "../platform/files.node.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import { quotedList } from "../platform/quote.ts";
import { findWeights, indexEnding, type WeightFile, weightFiles } from "./hub/names.ts";

/** Location of the weights. */
export interface FolderWeights {
  /** a safetensors file */
  readonly file: string;
  /** For a cached conversion: converts again, in case the file is corrupt. */
  remake?(): Promise<FolderWeights>;
}

/**
 * Locates the weights of a folder and converts them if necessary. Throws NOT_FOUND with the expected files, MODEL, WEIGHTS, WRITE.
 */
export async function folderWeights(folder: string, context: RunContext): Promise<FolderWeights> {
  const present = await readdir(folder);
  const weights = findWeights(present);
  if (weights === undefined || !present.includes("config.json")) throw noModel(folder, present);
  if (weights === "model.safetensors") return { file: join(folder, weights) };
  return await converted(folder, weights, context);
}

async function converted(folder: string, weights: WeightFile, context: RunContext): Promise<FolderWeights> {
  const source = join(folder, weights);
  const out = join(userCacheFolder(), "converted", await identityOf(folder, source));
  const made = { file: join(out, "model.safetensors") };
  const make = async (): Promise<FolderWeights> => {
    context.notice?.(`${source} is read once, and kept as safetensors in ${out}`);
    // Loaded on demand, since most folders have safetensors.
    const { convertClipModel } = await import("./convert/clipModel.node.ts");
    await convertClipModel(source, out, { withTexts: false }, context);
    return made;
  };
  if (!(await isFile(made.file))) return await make();
  return {
    ...made,
    remake: async () => {
      await rm(out, { recursive: true, force: true });
      return await make();
    },
  };
}

/** Version of the cached files' content; a change invalidates older files. */
const layout = 1;

/** Cache key: a hash of the status of the weight files and the content of the config. */
async function identityOf(folder: string, source: string): Promise<string> {
  const { shardsOf } = await import("./convert/source.node.ts");
  const files = source.endsWith(indexEnding) ? [source, ...(await shardsOf(source))] : [source];
  const stats = await Promise.all(files.map((file) => statusOf(file)));
  const config = await readText(join(folder, "config.json"), "MODEL");
  return createHash("sha256")
    .update(JSON.stringify([layout, resolve(folder), stats, config]))
    .digest("hex");
}

async function statusOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (cause) {
    throw new MpaError("WEIGHTS", "a part of the weights is not there", { where: file, fix: "copy it there", cause });
  }
}

/** Name patterns of other weight files that `convert` reads, in order of preference. */
const convertible = [
  /^open_clip.*\.safetensors$/,
  /^open_clip.*\.(bin|pt|pth)$/,
  /^(?!.*-\d{5}-of-\d{5}).*\.safetensors$/,
  /^(?!.*-\d{5}-of-\d{5}).*\.(bin|pt|pth)$/,
];

function noModel(folder: string, present: readonly string[]): MpaError {
  const config = present.includes("config.json") ? [] : ["no config.json"];
  const weights = findWeights(present) ? [] : [`none of ${weightFiles.join(", ")}`];
  const what = `the folder has ${[...config, ...weights].join(" and ")}`;
  const names = present.filter((name) => !name.startsWith(".")).sort();
  const other = convertible.flatMap((pattern) => names.filter((name) => pattern.test(name)))[0];
  const holds = names.length === 0 ? "it is empty" : `it has ${quotedList(names)}`;
  const fix =
    other === undefined
      ? "save the model there with transformers' save_pretrained"
      : `run ${commandText(`convert ${shellWord(join(folder, other))} --out NEW`)}, and give --backbone NEW`;
  return new MpaError("NOT_FOUND", `${what}; ${holds}`, { where: folder, fix });
}
