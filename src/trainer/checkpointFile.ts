/** Reads a checkpoint from disk. */
import type { Backbone } from "../model/backbone.ts";
import { readTensorBytes } from "../model/tensorFile.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";

/** A checkpoint that was held against a backbone. Throws NOT_FOUND, WEIGHTS, NUMERIC, CHECKPOINT. */
export async function readCheckpoint(path: string, backbone: Backbone): Promise<Checkpoint> {
  return parseCheckpoint(await readTensorBytes(path), path, backbone);
}
