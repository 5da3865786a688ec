/** The offer of a training, from which a step worker can compute its micro-batches: settings, hashes of what it reads, prototypes. */
import { z } from "zod";
import type { Clip } from "../../clip/clip.ts";
import { writeSafetensors } from "../../clip/safetensors.ts";
import { parseTensorFile } from "../../clip/weights.ts";
import { toOnnx } from "../../graph/onnx.ts";
import type { TensorData } from "../../graph/tensor.ts";
import { type ImageSpec, imageGraph } from "../../method/graphs.ts";
import { matchingLossNames } from "../../method/losses.ts";
import { MpaError } from "../../platform/errors.ts";
import { parseStrictJson } from "../../platform/json.ts";
import { sha256 } from "../../platform/package.node.ts";
import { recordedConfig } from "../optionRoles.ts";
import { type TrainConfig, trainSchema } from "../options.ts";
import { withAbsolutePaths } from "./places.ts";

const count = z.number().int().nonnegative();
const specSchema = z.object({
  shapes: z.record(z.string(), z.array(count)),
  classes: count,
  topK: count,
  source: z.literal("pixels"),
  beta: z.number(),
  gamma: z.number(),
  prototypeLoss: z.enum(matchingLossNames),
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
  const described = {
    ...offer,
    config: withAbsolutePaths(trainSchema.options, recordedConfig(offer.config)),
    spec: specSchema.parse(spec),
  };
  return writeSafetensors(tensors, { offer: JSON.stringify(described) });
}

/** Names the graph that computes a micro-batch. */
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
