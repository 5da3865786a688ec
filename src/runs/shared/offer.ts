/** Offer of a distributed training: the settings, input hashes and prototypes that a step worker needs to compute micro-batches. */
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
  labelSmoothing: z.number().optional(),
  classWeights: z.array(z.number()).optional(),
  isMixed: z.boolean().optional(),
  extra: z.record(z.string(), z.number()).optional(),
});
const offerSchema = z.object({
  versions: z.record(z.string(), z.string()),
  processor: z.string(),
  /** hash of the backbone's weights */
  backbone: z.string(),
  /** hash of the list of training images */
  index: z.string(),
  /** hash of the image graph, which a worker with the same version and plugins reproduces */
  graph: z.string(),
  microBatch: count.min(1),
  config: z.record(z.string(), z.unknown()),
  spec: specSchema,
});

/** Decoded offer. */
export interface TrainingOffer extends Omit<z.infer<typeof offerSchema>, "config" | "spec"> {
  readonly config: TrainConfig;
  readonly spec: ImageSpec;
}

const prototypesName = "prototypes";

/** Encodes an offer as safetensors, with the settings as metadata. Paths become absolute; URLs lose their credentials. */
export function encodeOffer({ spec: { prototypes, ...spec }, ...offer }: TrainingOffer): Uint8Array {
  const tensors = new Map<string, TensorData>(prototypes && [[prototypesName, prototypes]]);
  const described = {
    ...offer,
    config: withAbsolutePaths(trainSchema.options, recordedConfig(offer.config)),
    spec: specSchema.parse(spec),
  };
  return writeSafetensors(tensors, { offer: JSON.stringify(described) });
}

/** Hash of the ONNX graph that computes a micro-batch. */
export const graphHash = (clip: Clip, microBatch: number, spec: ImageSpec): string =>
  sha256(toOnnx(imageGraph(clip, microBatch, spec)).bytes);

/** Decodes an offer. Throws NETWORK, WEIGHTS or NUMERIC if it is malformed or of another version. */
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
