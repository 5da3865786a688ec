/** Source of a conversion: one weight file, or an index and its shards. */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { isFailure, MpaError } from "../../platform/errors.ts";
import { readJson } from "../../platform/files.node.ts";
import { quoted } from "../../platform/quote.ts";
import { recordOf } from "../../platform/recordSchema.ts";
import { indexEnding } from "../hub/names.ts";
import { type SourceTensor, type SourceTensors, safetensorsSource } from "./tensors.node.ts";
import { openTorchArchive } from "./torchArchive.node.ts";

/** Weights that are open for reading. */
export interface Source {
  readonly tensors: SourceTensors;
  /** whether the file is a TorchScript module, the format of OpenAI's releases */
  readonly isScript: boolean;
  close(): void;
}

/** Opens weights by file extension; the caller closes them. Throws NOT_FOUND, ACCESS, WEIGHTS. */
export async function openSource(file: string): Promise<Source> {
  if (file.endsWith(indexEnding)) return await openShards(file);
  if (file.endsWith(".safetensors")) {
    return { tensors: await safetensorsSource(file), isScript: false, close: () => undefined };
  }
  return await openTorchArchive(file);
}

/** Maximum number of shards, all open at the same time; the largest language models have about as many. */
const maxShards = 200;

const indexSchema = z.object({ weight_map: recordOf(z.string()) });

/**
 * The paths of an index's shards, sorted. Throws NOT_FOUND, and WEIGHTS for a malformed index or one that names files in other
 * folders.
 */
export async function shardsOf(index: string): Promise<readonly string[]> {
  return shardsIn(await readIndex(index), index);
}

const readIndex = (index: string) => readJson(index, indexSchema, "WEIGHTS");

function shardsIn({ weight_map: files }: z.output<typeof indexSchema>, index: string): readonly string[] {
  const names = [...new Set(Object.values(files))].sort();
  const broken = (what: string) => new MpaError("WEIGHTS", `the index names ${what}`, { where: index, fix });
  if (names.length === 0) throw broken("no weights");
  if (names.length > maxShards) throw broken(`more than ${maxShards} files`);
  const ending = index.endsWith(`.safetensors${indexEnding}`) ? ".safetensors" : ".bin";
  const foreign = names.find((name) => !(isFileName(name) && name.endsWith(ending)));
  if (foreign !== undefined) throw broken(`${quoted(foreign)}, which is no ${ending} file beside it`);
  return names.map((name) => join(dirname(index), name));
}

const fix = "fetch or save the model again";

const isFileName = (name: string): boolean => /^[^\\/\0]+$/.test(name);

/**
 * Opens the shards of an index; each tensor is read from the shard that the index names for it. Throws WEIGHTS for a missing shard.
 */
async function openShards(index: string): Promise<Source> {
  const content = await readIndex(index);
  const sources: Source[] = [];
  const close = () => {
    for (const source of sources) source.close();
  };
  try {
    const tensors = new Map<string, SourceTensor>();
    for (const shard of shardsIn(content, index)) {
      const source = await openShard(shard, index);
      sources.push(source);
      for (const [name, tensor] of source.tensors) {
        const isListed = Object.hasOwn(content.weight_map, name) && content.weight_map[name] === basename(shard);
        if (isListed) tensors.set(name, tensor);
      }
    }
    return { tensors, isScript: false, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openShard(shard: string, index: string): Promise<Source> {
  try {
    return await openSource(shard);
  } catch (cause) {
    if (!isFailure(cause, "NOT_FOUND")) throw cause;
    const what = `the part ${quoted(basename(shard))} is not there or no regular file`;
    throw new MpaError("WEIGHTS", what, { where: index, fix, cause });
  }
}
