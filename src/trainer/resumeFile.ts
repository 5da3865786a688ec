/** What a run needs to go on bit for bit: prompts, momentum, and how far it has come. Separate from the checkpoint. */
import { z } from "zod";
import { MpaError } from "../errors.ts";
import type { Prompts } from "../model/prompts.ts";
import { writeSafetensors } from "../model/safetensors.ts";
import { readTensorFile } from "../model/tensorFile.ts";
import { requireTensor } from "./checkpoint.ts";
import type { FitState, Progress } from "./fit.ts";

const format = "mpa-fer-resume/1";

const progressSchema: z.ZodType<Progress> = z.object({
  step: z.number().int(),
  epoch: z.number().int(),
  batch: z.number().int(),
  images: z.number().int(),
  sums: z.record(z.string(), z.number()),
  best: z.object({ epoch: z.number().int(), accuracy: z.number(), uar: z.number() }).optional(),
});

/** `fingerprint` names everything the remaining steps depend on; resuming under another one fails. */
export function encodeResume({ prompts, momentum, ...progress }: FitState, fingerprint: string): Uint8Array {
  const tensors = new Map(Object.entries(prompts));
  for (const [name, values] of Object.entries(momentum)) tensors.set(momentumName(name), values);
  return writeSafetensors(tensors, { format, fingerprint, progress: JSON.stringify(progress) });
}

/** Throws CHECKPOINT if the file is not one, or belongs to a run with other settings. */
export async function readResume(path: string, like: Prompts, fingerprint: string): Promise<FitState> {
  const { tensors, metadata } = await readTensorFile(path);
  if (metadata.format !== format)
    throw new MpaError("CHECKPOINT", "not a resume file", path, "start anew without --resume");
  if (metadata.fingerprint !== fingerprint) {
    throw new MpaError(
      "CHECKPOINT",
      "the run was started with other settings, data or backbone",
      path,
      "repeat its options, or choose another --out",
    );
  }
  const take = (name: string, { shape }: { readonly shape: readonly number[] }) =>
    requireTensor(tensors, name, shape, path);
  const progress = progressSchema.parse(JSON.parse(metadata.progress ?? "null"));
  return {
    ...progress,
    prompts: mapEntries(like, (name, values) => take(name, values)),
    momentum: mapEntries(like, (name, values) => take(momentumName(name), values)),
  };
}

const momentumName = (name: string): string => `momentum.${name}`;

const mapEntries = <T, U>(record: Readonly<Record<string, T>>, to: (name: string, value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(name, value)]));
