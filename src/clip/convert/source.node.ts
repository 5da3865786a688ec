/** Source of a conversion: one weight file, or an index and its shards. */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { MpaError } from "../../platform/errors.ts";
import { isFile, readJson } from "../../platform/files.node.ts";
import { quoted } from "../../platform/quote.ts";
import { recordOf } from "../../platform/recordSchema.ts";
import { indexEnding } from "../hub/names.ts";
import { type SourceTensor, type SourceTensors, safetensorsSource } from "./tensors.node.ts";
import { openTorchArchive } from "./torchArchive.node.ts";

export interface Source {
  readonly tensors: SourceTensors;
  /** whether it is a module of TorchScript, as OpenAI publishes its models */
  readonly isScript: boolean;
  close(): void;
}

/** Opens weights by file extension; the caller closes them. Throws NOT_FOUND, WEIGHTS. */
export async function openSource(file: string): Promise<Source> {
  if (file.endsWith(indexEnding)) return await openParts(file);
  if (!(await isFile(file))) {
    const help = `name the file of weights itself, such as ${join(file, "pytorch_model.bin")}`;
    throw new MpaError("NOT_FOUND", "there is no such file", { where: file, fix: help });
  }
  if (file.endsWith(".safetensors")) {
    return { tensors: await safetensorsSource(file), isScript: false, close: () => undefined };
  }
  return await openTorchArchive(file);
}

/** The largest language models have about as many; each is held open. */
const maxParts = 200;

const indexSchema = z.object({ weight_map: recordOf(z.string()) });

/** The parts that an index names, in order. Throws NOT_FOUND, WEIGHTS for an index that is none, or names files elsewhere. */
export async function partsOf(index: string): Promise<readonly string[]> {
  return partsIn(await readIndex(index), index);
}

const readIndex = (index: string) => readJson(index, indexSchema, "WEIGHTS");

function partsIn({ weight_map: places }: z.output<typeof indexSchema>, index: string): readonly string[] {
  const names = [...new Set(Object.values(places))].sort();
  const broken = (what: string) => new MpaError("WEIGHTS", `the index names ${what}`, { where: index, fix });
  if (names.length === 0) throw broken("no weights");
  if (names.length > maxParts) throw broken(`more than ${maxParts} files`);
  const ending = index.endsWith(`.safetensors${indexEnding}`) ? ".safetensors" : ".bin";
  const foreign = names.find((name) => !(isNameAlone(name) && name.endsWith(ending)));
  if (foreign !== undefined) throw broken(`${quoted(foreign)}, which is no ${ending} file beside it`);
  return names.map((name) => join(dirname(index), name));
}

const fix = "fetch or save the model again";

const isNameAlone = (name: string): boolean => /^[^\\/\0]+$/.test(name);

/** Each tensor from the part that the index names for it. Throws WEIGHTS where a part is missing. */
async function openParts(index: string): Promise<Source> {
  const content = await readIndex(index);
  const sources: Source[] = [];
  const close = () => {
    for (const source of sources) source.close();
  };
  try {
    const tensors = new Map<string, SourceTensor>();
    for (const part of partsIn(content, index)) {
      if (!(await isFile(part))) {
        throw new MpaError("WEIGHTS", `the part ${quoted(basename(part))} is not there`, { where: index, fix });
      }
      const source = await openSource(part);
      sources.push(source);
      for (const [name, tensor] of source.tensors) {
        const isListed = Object.hasOwn(content.weight_map, name) && content.weight_map[name] === basename(part);
        if (isListed) tensors.set(name, tensor);
      }
    }
    return { tensors, isScript: false, close };
  } catch (error) {
    close();
    throw error;
  }
}
