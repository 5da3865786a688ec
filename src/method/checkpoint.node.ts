/** Prompt files in Node: checkpoints, initial prompts, and resume files. */

import { z } from "zod";
import type { Backbone } from "../clip/backbone.ts";
import { hubPrefix, parseHubPrompts } from "../clip/hub/names.ts";
import { writeSafetensors } from "../clip/safetensors.ts";
import { readTensorBytes, readTensorFile } from "../clip/weights.node.ts";
import type { Shape } from "../graph/tensor.ts";
import type { RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { parseJson } from "../platform/files.node.ts";
import { type Checkpoint, parseCheckpoint, requireTensor } from "./checkpoint.ts";
import type { FitState, Progress } from "./fit.ts";
import type { OptimiserState } from "./optimiser.ts";
import { initialPrompts, type Prompts } from "./prompts.ts";

/** The local path of a checkpoint; `hub:ORG/NAME` is downloaded on first use. Throws USAGE for a malformed name, and the errors of `hubPrompts`. */
export async function locateCheckpoint(given: string, context: RunContext): Promise<string> {
  if (!given.startsWith(hubPrefix)) return given;
  const name = parseHubPrompts(given);
  if (name === undefined) {
    throw new MpaError("USAGE", `${given} is no name on the hub`, {
      fix: "write hub:ORG/NAME or hub:ORG/NAME@REVISION",
    });
  }
  // Imported lazily, since most checkpoints are local files.
  const { hubPrompts } = await import("../clip/hub/fetch.node.ts");
  return hubPrompts(name, {}, context);
}

/** Reads a checkpoint and checks that it matches the backbone. Throws NOT_FOUND, WEIGHTS, NUMERIC, CHECKPOINT. */
export async function readCheckpoint(path: string, backbone: Backbone): Promise<Checkpoint> {
  return parseCheckpoint(await readTensorBytes(path), path, backbone);
}

/**
 * Initial prompts of the given shapes. Tensors that exist in `init`, a checkpoint or other safetensors file, are read from
 * it; the others are drawn from the seed. Throws CHECKPOINT if a tensor has a different shape, or none of them exists.
 */
export async function startingPrompts(
  shapes: Readonly<Record<string, Shape>>,
  seed: number,
  init: string | undefined,
): Promise<Prompts> {
  const drawn = initialPrompts(shapes, seed);
  if (init === undefined) return drawn;
  const { tensors } = await readTensorFile(init);
  if (!Object.keys(drawn).some((name) => tensors.has(name))) {
    throw new MpaError("CHECKPOINT", `it has none of ${Object.keys(drawn).join(", ")}`, {
      where: init,
      fix: "name a file with learned prompts",
    });
  }
  return Object.fromEntries(
    Object.entries(drawn).map(([name, values]) => [
      name,
      tensors.has(name) ? requireTensor(tensors, name, values.shape, init) : values,
    ]),
  );
}

/** Identifies the run to which a resume file belongs. */
export interface ResumeKey {
  /** hash of everything that affects the remaining steps */
  readonly fingerprint: string;
  /** images a micro-batch; it determines the summation order and therefore the rounding */
  readonly microBatch: number;
}

/** Encodes a resume file: prompts, optimiser, average, progress and key, enough to continue with bit-identical results. */
export function encodeResume(
  { prompts, optimiser, average, ...progress }: FitState<OptimiserState>,
  { fingerprint, microBatch }: ResumeKey,
): Uint8Array {
  const tensors = new Map([...Object.entries(prompts), ...Object.entries(optimiser)]);
  for (const [name, values] of Object.entries(average?.prompts ?? {})) tensors.set(averageName(name), values);
  return writeSafetensors(tensors, {
    format,
    fingerprint,
    microBatch: String(microBatch),
    progress: JSON.stringify({ ...progress, averaged: average?.count }),
  });
}

/**
 * Reads a resume file; `like`, the state of the run before its first step, gives names and shapes, and `requireOwn` throws if the
 * fingerprint is not that of the run. Throws CHECKPOINT if it is not a resume file.
 */
export async function readResume(
  path: string,
  like: Pick<FitState<OptimiserState>, "prompts" | "optimiser">,
  requireOwn: (fingerprint: string) => Promise<void>,
): Promise<{ readonly state: FitState<OptimiserState>; readonly microBatch: number }> {
  const { tensors, metadata } = await readTensorFile(path);
  const progress = progressSchema.safeParse(parseJson(metadata.progress ?? "null", path, "CHECKPOINT"));
  const microBatch = microBatchSchema.safeParse(Number(metadata.microBatch));
  if (metadata.format !== format || !progress.success || !microBatch.success) {
    throw new MpaError("CHECKPOINT", "not a resume file", {
      where: path,
      fix: "choose another --out and leave --resume out",
    });
  }
  await requireOwn(metadata.fingerprint ?? "");
  const take = (name: string, { shape }: { readonly shape: readonly number[] }) =>
    requireTensor(tensors, name, shape, path);
  const { averaged: count, ...done } = progress.data;
  const state = {
    ...done,
    prompts: mapEntries(like.prompts, (name, values) => take(name, values)),
    optimiser: mapEntries(like.optimiser, (name, values) => take(name, values)),
    ...(count !== undefined && {
      average: { prompts: mapEntries(like.prompts, (name, values) => take(averageName(name), values)), count },
    }),
  };
  return { state, microBatch: microBatch.data };
}

const format = "mpa-fer-resume/1";

const count = z.number().int().nonnegative();
const microBatchSchema = z.number().int().positive().max(1_000_000);
const progressSchema: z.ZodType<Progress & { readonly averaged?: number | undefined }> = z.object({
  step: count,
  epoch: count,
  batch: count,
  images: count,
  sums: z.record(z.string(), z.number()),
  best: z.object({ epoch: count, accuracy: z.number(), uar: z.number() }).optional(),
  /** number of states in the average */
  averaged: count.min(1).optional(),
  lossScale: z.object({ scale: z.number().positive(), good: count, skipped: count }).optional(),
});

const averageName = (name: string): string => `average.${name}`;

const mapEntries = <T, U>(record: Readonly<Record<string, T>>, to: (name: string, value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(name, value)]));
