/** `random:vit-b-16` and its like: a CLIP folder of random weights, made once in the system's temporary folder. */

import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MpaError } from "../errors.ts";
import { packageFile } from "../packageInfo.ts";
import { clipConfigJson, clipShapes, writeRandomWeights } from "./randomClip.ts";

export const randomPrefix = "random:";

/** The folder of random weights for a shape's name. It borrows the embedded backbone's tokenizer. Throws NOT_FOUND. */
export async function randomBackboneFolder(name: string): Promise<string> {
  const shape = Object.hasOwn(clipShapes, name) ? clipShapes[name] : undefined;
  if (shape === undefined) {
    const known = Object.keys(clipShapes).map((each) => randomPrefix + each);
    throw new MpaError("NOT_FOUND", `no shape ${name}`, undefined, `choose one of ${known.join(", ")}`);
  }
  const parent = join(tmpdir(), "mpa-fer-random");
  const folder = join(parent, name);
  if (existsSync(join(folder, "model.safetensors"))) return folder;
  await mkdir(parent, { recursive: true });
  const making = await mkdtemp(join(parent, ".making-"));
  const tokenizer = packageFile("models/faceclip-mini/tokenizer.json");
  await cp(tokenizer, join(making, "tokenizer.json"));
  await writeFile(join(making, "config.json"), JSON.stringify(clipConfigJson(shape), null, 2));
  await writeRandomWeights(making, shape);
  try {
    await rename(making, folder);
  } catch (error) {
    // Another process may have made it first; its values are the same.
    await rm(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
