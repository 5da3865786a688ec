/** Files of weights that are derived from a CLIP's own, such as rounded ones, and cached. */

import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Context, contextOf, type RunContext } from "../platform/context.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { isFile } from "../platform/files.node.ts";
import type { NamedShape } from "./clipTensors.ts";
import { encodeHeader, type NewEntry } from "./safetensors.ts";

/** A derived file. */
export interface DerivedWeights {
  readonly path: string;
  /** what it holds, for people: "weights in eight bits" */
  readonly label: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** the CLIP's tensors that are in it */
  readonly tensors: readonly NamedShape[];
  /** The entries of the file, in order. */
  entries(): readonly NewEntry[];
  /** The values that stand for a tensor, by name of the entry. */
  values(tensor: NamedShape): Promise<Readonly<Record<string, Float32Array | Int8Array | Uint16Array>>>;
}

/** The path of a derived file, which is created if it does not exist. Throws WRITE, and the errors of `values`. */
export async function cachedWeights(derived: DerivedWeights, context: RunContext): Promise<string> {
  const { path, label } = derived;
  if (await isFile(path)) return path;
  const partial = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(derived, partial, contextOf(context));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof MpaError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw new MpaError("WRITE", `cannot keep the ${label} (${messageOf(error)})`, {
      where: path,
      fix: "check the folder and its space, or use --precision fp32",
      cause: error,
    });
  }
  return path;
}

async function write(
  { label, metadata, tensors, entries: entriesOf, values }: DerivedWeights,
  path: string,
  { progress, signal }: Context,
): Promise<void> {
  const entries = entriesOf();
  const task = progress.start({ label, total: tensors.length, unit: "tensors" });
  const head = encodeHeader(entries, metadata);
  const places = new Map<string, number>();
  let at = head.length;
  for (const { name, length } of entries) {
    places.set(name, at);
    at += length;
  }
  const file = await open(path, "wx");
  try {
    await file.write(head);
    for (const [i, tensor] of tensors.entries()) {
      signal?.throwIfAborted();
      for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(await values(tensor))) {
        await file.write(new Uint8Array(buffer, byteOffset, byteLength), 0, byteLength, places.get(name));
      }
      task.update(i + 1);
    }
    await file.sync();
    task.finish();
  } finally {
    await file.close();
  }
}
