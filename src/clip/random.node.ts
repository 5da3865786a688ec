/**
 * CLIPs with random weights in the shapes of well-known ones (`random:vit-b-16`), for measurements and tests without real weights.
 * Every value is a function of its tensor's name and its index, so that other programs can reproduce it bit for bit.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, open, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elements, type Shape } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";
import { packageFile } from "../platform/package.node.ts";
import { clipTensors } from "./clipTensors.ts";
import { parseClipConfig } from "./config.ts";
import { encodeHeader } from "./safetensors.ts";

/** Sizes of one encoder. */
interface TowerShape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** Sizes of a CLIP. */
export interface ClipShape {
  readonly vision: TowerShape & { readonly imageSize: number; readonly patchSize: number };
  readonly text: TowerShape & { readonly vocabulary: number };
  readonly jointWidth: number;
}

const baseText = { width: 512, layers: 12, heads: 8, vocabulary: 49408 };
const largeText = { width: 768, layers: 12, heads: 12, vocabulary: 49408 };
const base = { width: 768, layers: 12, heads: 12, imageSize: 224 };
const large = { width: 1024, layers: 24, heads: 16, patchSize: 14 };

/** OpenAI's CLIP encoders (Radford et al. 2021, Table 20). */
export const clipShapes: Readonly<Record<string, ClipShape>> = {
  "vit-b-32": { vision: { ...base, patchSize: 32 }, text: baseText, jointWidth: 512 },
  "vit-b-16": { vision: { ...base, patchSize: 16 }, text: baseText, jointWidth: 512 },
  "vit-l-14": { vision: { ...large, imageSize: 224 }, text: largeText, jointWidth: 768 },
  "vit-l-14-336": { vision: { ...large, imageSize: 336 }, text: largeText, jointWidth: 768 },
};

/** Prefix of the names of such backbones, before the shape. */
export const randomPrefix = "random:";

/**
 * The folder of random weights for the name of a shape, created once in the system's temporary folder. Its tokenizer is that of the
 * bundled backbone. Throws NOT_FOUND for an unknown shape.
 */
export async function randomBackboneFolder(name: string): Promise<string> {
  const shape = Object.hasOwn(clipShapes, name) ? clipShapes[name] : undefined;
  if (shape === undefined) {
    const known = Object.keys(clipShapes).map((each) => randomPrefix + each);
    throw new MpaError("NOT_FOUND", `no shape ${name}`, { fix: `choose one of ${known.join(", ")}` });
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
    // Another process may have created it first, with the same values.
    await rm(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** The `config.json` of a CLIP of this shape. */
export function clipConfigJson({ vision, text, jointWidth }: ClipShape) {
  const tower = ({ width, layers, heads }: TowerShape) => ({
    hidden_size: width,
    intermediate_size: 4 * width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: "quick_gelu",
    layer_norm_eps: 1e-5,
  });
  return {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: jointWidth,
    text_config: { ...tower(text), vocab_size: text.vocabulary, max_position_embeddings: 77 },
    vision_config: { ...tower(vision), image_size: vision.imageSize, patch_size: vision.patchSize },
  };
}

/**
 * Elements `from` to `from + count` of the tensor `name`: uniform draws with the given mean and standard deviation, from MurmurHash3's
 * finaliser of i·0x9E3779B1 + FNV-1a(name).
 */
export function formulaValues(name: string, count: number, mean: number, deviation: number, from = 0): Float32Array {
  const seed = fnv1a(name);
  const spread = Math.sqrt(3) * deviation;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(from + i, 0x9e3779b1) + seed) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    values[i] = mean + (2 * ((x >>> 0) / 4294967296) - 1) * spread;
  }
  return values;
}

/** Writes random weights to `model.safetensors` in a folder. Returns the SHA-256 of the file. */
export async function writeRandomWeights(folder: string, shape: ClipShape): Promise<string> {
  await mkdir(folder, { recursive: true });
  const tensors = clipTensors(parseClipConfig(clipConfigJson(shape), folder));
  const file = await open(join(folder, "model.safetensors"), "w");
  const hash = createHash("sha256");
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await file.write(bytes);
  };
  try {
    const entries = tensors.map(([name, shape]) => ({ name, type: "F32", shape, length: 4 * elements(shape) }));
    await write(encodeHeader(entries, {}));
    for (const [name, dimensions] of tensors) {
      const values = tensorValues(name, dimensions);
      await write(new Uint8Array(values.buffer));
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/** Mean and standard deviation by name; "fan-in" is 1/√(columns). The first match applies. */
const distributions: readonly (readonly [RegExp, number, number | "fan-in"])[] = [
  [/^logit_scale$/, Math.log(100), 0],
  [/(layer_norm\d|layernorm|layrnorm|final_layer_norm)\.weight$/, 1, 0.05],
  [/(layer_norm\d|layernorm|layrnorm|final_layer_norm)\.bias$/, 0, 0.05],
  [/\.bias$/, 0, 0.02],
  [/(class_embedding|position_embedding\.weight|token_embedding\.weight)$/, 0, 0.02],
  [/\.weight$/, 0, "fan-in"],
];

function tensorValues(name: string, shape: Shape): Float32Array {
  const rule = distributions.find(([pattern]) => pattern.test(name));
  const [, mean, deviation] = rule ?? [/./, 0, "fan-in" as const];
  const fanIn = elements(shape.slice(1));
  return formulaValues(name, elements(shape), mean, deviation === "fan-in" ? fanIn ** -0.5 : deviation);
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
