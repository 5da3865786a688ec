/** Writing of a `CLIPModel` folder: the tensors that its config requires, and its text files. */
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { elements } from "../../graph/tensor.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { makeFolder } from "../../platform/folders.node.ts";
import type { NamedShape } from "../clipTensors.ts";
import { indexOfShard } from "../hub/names.ts";
import { elementBytes, type SourceTensor, type SourceTensors, writeTensors } from "./tensors.node.ts";
import type { TextFiles } from "./tokenizer.node.ts";

/** Content of a `CLIPModel` folder. */
export interface ModelFolder {
  readonly texts: TextFiles;
  readonly tensors: SourceTensors;
}

/** Selects the tensors with these names. Throws MODEL if one is missing or has another shape. */
export function checkedTensors(tensors: SourceTensors, wanted: readonly NamedShape[], where: string): SourceTensors {
  return new Map(
    wanted.map(([name, shape]): [string, SourceTensor] => {
      const tensor = tensors.get(name);
      if (tensor === undefined)
        throw new MpaError("MODEL", `the model has no ${name}`, { where, fix: missingTensorFix(where) });
      if (elements(tensor.shape) !== elements(shape) || tensor.shape.length < shape.length) {
        const what = `${name} has shape [${tensor.shape.join(",")}] where [${shape.join(",")}] was expected`;
        throw new MpaError("MODEL", what, { where, fix: "convert a CLIP with a plain ViT image encoder" });
      }
      return [name, { ...tensor, shape }];
    }),
  );
}

function missingTensorFix(file: string): string {
  const index = indexOfShard(basename(file));
  return index === undefined ? "name a whole CLIP" : `this is one part of several: name ${index}`;
}

/** Writes the folder atomically. Throws WRITE, and WEIGHTS if a tensor cannot be read. */
export async function writeModelFolder(
  out: string,
  { texts, tensors }: ModelFolder,
  context: RunContext,
): Promise<void> {
  const { progress, signal } = contextOf(context);
  const sizes = [...tensors.values()].map(({ dtype, shape }) => elements(shape) * elementBytes[dtype]);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const task = progress.start({ label: "converting", total: Math.ceil(total / 1e6), unit: "MB" });
  let written = 0;
  const onBytes = (count: number) => {
    written += count;
    task.update(Math.floor(written / 1e6));
  };
  await makeFolder(out, async (partial) => {
    for (const [name, content] of Object.entries(texts)) await writeFile(join(partial, name), content);
    await writeTensors(join(partial, "model.safetensors"), tensors, onBytes, signal);
  });
  task.finish();
}
