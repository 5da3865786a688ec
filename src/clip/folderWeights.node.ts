/**
 * The weights of a `CLIPModel` folder on disk: `model.safetensors`, or what is made of other files once and kept in the user's
 * cache.
 */
import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { isFile, readText } from "../platform/files.node.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import { quotedList } from "../platform/quote.ts";
import { findWeights, indexEnding, type WeightFile, weightFiles } from "./hub/names.ts";

export interface FolderWeights {
  /** safetensors */
  readonly file: string;
  /** where it was made earlier: makes it anew, for a disk may have lost or changed bytes */
  remake?(): Promise<FolderWeights>;
}

/** Throws NOT_FOUND with the files that were looked for and what helps, MODEL, WEIGHTS, WRITE. */
export async function folderWeights(folder: string, context: RunContext): Promise<FolderWeights> {
  const there = await readdir(folder);
  const weights = findWeights(there);
  if (weights === undefined || !there.includes("config.json")) throw noModel(folder, there);
  if (weights === "model.safetensors") return { file: join(folder, weights) };
  return await converted(folder, weights, context);
}

async function converted(folder: string, weights: WeightFile, context: RunContext): Promise<FolderWeights> {
  const source = join(folder, weights);
  const out = join(userCacheFolder(), "converted", await identityOf(folder, source));
  const made = { file: join(out, "model.safetensors") };
  const make = async (): Promise<FolderWeights> => {
    context.notice?.(`${source} is read once, and kept as safetensors in ${out}`);
    // Loaded only where it is needed: most folders have safetensors.
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

/** Raised when what is in the file changes, so that no older one is taken for it. */
const layout = 1;

/** Names what the weights were made of: the files as they lie on the disk, and the config that says which tensors are wanted. */
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

/** Weights under other names that `convert` reads, first choice to last. */
const convertible = [
  /^open_clip.*\.safetensors$/,
  /^open_clip.*\.(bin|pt|pth)$/,
  /^(?!.*-\d{5}-of-\d{5}).*\.safetensors$/,
  /^(?!.*-\d{5}-of-\d{5}).*\.(bin|pt|pth)$/,
];

function noModel(folder: string, there: readonly string[]): MpaError {
  const config = there.includes("config.json") ? [] : ["no config.json"];
  const weights = findWeights(there) ? [] : [`none of ${weightFiles.join(", ")}`];
  const what = `the folder has ${[...config, ...weights].join(" and ")}`;
  const names = there.filter((name) => !name.startsWith(".")).sort();
  const other = convertible.flatMap((pattern) => names.filter((name) => pattern.test(name)))[0];
  const holds = names.length === 0 ? "it is empty" : `it has ${quotedList(names)}`;
  const fix =
    other === undefined
      ? "save the model there with transformers' save_pretrained"
      : `give mpa-fer convert ${shellWord(join(folder, other))} --out NEW, and --backbone NEW`;
  return new MpaError("NOT_FOUND", `${what}; ${holds}`, { where: folder, fix });
}

const shellWord = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
