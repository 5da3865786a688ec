/** The file of a learned baseline: its tensors as safetensors, and in the metadata what else its answers depend on. */
import { z } from "zod";
import { writeSafetensors } from "../../clip/safetensors.ts";
import { readTensorFile } from "../../clip/weights.node.ts";
import type { BaselineModel } from "../../method/baselines/baseline.ts";
import { baselines } from "../../method/baselines/baselines.ts";
import { MpaError } from "../../platform/errors.ts";
import { parseJson, writeFileAtomic } from "../../platform/files.node.ts";

const format = "mpa-fer-baseline/1";
/** Maximum bytes of a file: the features of 500,000 images from the largest CLIP. */
const maxBytes = 2 ** 31;

const recordSchema = z.object({
  method: z.string(),
  settings: z.record(z.string(), z.number()),
  parameters: z.number().int().nonnegative(),
  /** seconds of learning, features included */
  seconds: z.number(),
  classes: z.array(z.string()),
  backbone: z.object({ name: z.string(), sha256: z.string() }),
  /** hash of the plugin that brought the method */
  plugin: z.string().optional(),
  /** the options of the cell, those of training prompts included */
  config: z.record(z.string(), z.unknown()),
});

/** What the file says beside the tensors. */
export type BaselineRecord = z.infer<typeof recordSchema>;

/** A baseline as saved. */
export type SavedBaseline = BaselineRecord & Pick<BaselineModel, "tensors">;

/** Writes the file. */
export async function writeBaseline(file: string, { tensors, ...record }: SavedBaseline): Promise<void> {
  const bytes = writeSafetensors(new Map(Object.entries(tensors)), { format, baseline: JSON.stringify(record) });
  await writeFileAtomic(file, bytes);
}

/** Reads the file. Throws WEIGHTS if it is damaged, CHECKPOINT if it is not one, or holds a method that this version does not have. */
export async function readBaseline(file: string): Promise<SavedBaseline> {
  const { tensors, metadata } = await readTensorFile(file, maxBytes);
  const record = recordSchema.safeParse(parseJson(metadata.baseline ?? "null", file, "CHECKPOINT"));
  if (metadata.format !== format || !record.success || baselines.find(record.data.method) === undefined) {
    const fix = "delete the file, and it is learned again";
    throw new MpaError("CHECKPOINT", `not a baseline of format ${format}`, { where: file, fix });
  }
  return { ...record.data, tensors: Object.fromEntries(tensors) };
}
