/** What a process has to know to compute parts of another one's training: settings, hashes of what it reads, prototypes. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { Clip } from "../../clip/clip.ts";
import { writeSafetensors } from "../../clip/safetensors.ts";
import { parseTensorFile } from "../../clip/weights.ts";
import { toOnnx } from "../../graph/onnx.ts";
import type { TensorData } from "../../graph/tensor.ts";
import { type ImageSpec, imageGraph } from "../../method/graphs.ts";
import { MpaError } from "../../platform/errors.ts";
import { parseStrictJson } from "../../platform/json.ts";
import { sha256 } from "../../platform/package.node.ts";
import { recordedConfig } from "../manifest.ts";
import { type TrainConfig, trainSchema } from "../options.ts";

const count = z.number().int().nonnegative();
const specSchema = z.object({
  shapes: z.record(z.string(), z.array(count)),
  classes: count,
  topK: count,
  source: z.literal("pixels"),
  beta: z.number(),
  gamma: z.number(),
  prototypeLoss: z.enum(["cosine", "l1"]),
  tau: z.number().positive(),
  extra: z.record(z.string(), z.number()).optional(),
});
const offerSchema = z.object({
  versions: z.record(z.string(), z.string()),
  processor: z.string(),
  /** hash of the backbone's weights */
  backbone: z.string(),
  /** hash of the list of training images */
  index: z.string(),
  /** hash of the graph of images, which has to come out the same elsewhere, plugins and all */
  graph: z.string(),
  microBatch: count.min(1),
  config: z.record(z.string(), z.unknown()),
  spec: specSchema,
});

export interface TrainingOffer extends Omit<z.infer<typeof offerSchema>, "config" | "spec"> {
  readonly config: TrainConfig;
  readonly spec: ImageSpec;
}

const prototypesName = "prototypes";

export function encodeOffer({ spec: { prototypes, ...spec }, ...offer }: TrainingOffer): Uint8Array {
  const tensors = new Map<string, TensorData>(prototypes && [[prototypesName, prototypes]]);
  const described = { ...offer, config: fromAnywhere(recordedConfig(offer.config)), spec: specSchema.parse(spec) };
  return writeSafetensors(tensors, { offer: JSON.stringify(described) });
}

/** Names the graph that computes a part. */
export const graphHash = (clip: Clip, microBatch: number, spec: ImageSpec): string =>
  sha256(toOnnx(imageGraph(clip, microBatch, spec)).bytes);

/** Throws NETWORK, WEIGHTS, NUMERIC where the bytes are no offer of this version. */
export function decodeOffer(bytes: Uint8Array): TrainingOffer {
  const { tensors, metadata } = parseTensorFile(bytes, "the offer of a training");
  const offer = offerSchema.safeParse(parseStrictJson(metadata.offer ?? "null"));
  const config = trainSchema.config.safeParse(offer.data?.config);
  if (!offer.success || !config.success) {
    throw new MpaError("NETWORK", "the training that asks for help is of another version", { fix: "update both" });
  }
  const { spec, ...rest } = offer.data;
  return { ...rest, config: config.data, spec: { ...spec, prototypes: tensors.get(prototypesName) } };
}

/** Options whose paths are right in any folder. */
export function fromAnywhere<Config extends { readonly data: string; readonly backbone: string }>(
  config: Config,
): Config {
  const { data, backbone } = config;
  return { ...config, data: resolve(data), backbone: existsSync(backbone) ? resolve(backbone) : backbone };
}
