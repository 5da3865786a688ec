/**
 * Backbones whose encoders multiply in half precision (`--precision fp16`). A file that is wholly in half precision is read where it lies;
 * any other is converted once and cached.
 */

import { join } from "node:path";
import { toHalf } from "../graph/half.ts";
import { cast, linear } from "../graph/ops/index.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { elements, type Shape, type Tensor } from "../graph/tensor.ts";
import type { RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import type { Backbone } from "./backbone.ts";
import type { Arithmetic, Clip } from "./clip.ts";
import { clipTensors, type NamedShape } from "./clipTensors.ts";
import { cachedWeights } from "./derivedWeights.node.ts";
import { openWeightFile } from "./weights.node.ts";
import { storedLeaf, type Weights } from "./weights.ts";

/** Folder of cached weights in half precision. */
export const halfCacheFolder = (): string => join(userCacheFolder(), "fp16");

/**
 * The same backbone with encoders in half precision. Throws WRITE, NUMERIC where half precision does not hold a weight, and WEIGHTS if the
 * cached file is corrupt.
 */
export async function halfBackbone(
  backbone: Backbone,
  context: RunContext = {},
  cache = halfCacheFolder(),
): Promise<Backbone> {
  const { clip } = backbone;
  if (isWhollyHalf(clip)) return { ...backbone, clip: halfClip(clip, clip.weights) };
  const half = await openWeightFile(await halfFile(clip, cache, context));
  return {
    ...backbone,
    clip: halfClip(clip, half),
    open: (model, options) => openSession(model, { ...options, weightsFolder: half.folder }),
  };
}

/** Tensors of the graphs; the scale of the logits is a number of its own. */
const graphTensors = ({ config }: Clip): readonly NamedShape[] =>
  clipTensors(config).filter(([name]) => name !== "logit_scale");

const isWhollyHalf = (clip: Clip): boolean =>
  graphTensors(clip).every(([name]) => clip.weights.header.tensors.get(name)?.dtype === "float16");

/** The same CLIP over weights in half precision: a leaf is widened where a graph asks for single precision. */
function halfClip(clip: Clip, weights: Weights): Clip {
  const stored = memoised((...of) => storedLeaf(weights, ...of));
  const arithmetic = halfPrecision(weights, stored);
  return {
    ...clip,
    weights,
    arithmetic: { vision: arithmetic, text: arithmetic },
    leaf: memoised((...of) => cast(stored(...of), "float32")),
  };
}

/** Leaves made once, so that all graphs share them. */
function memoised(make: Clip["leaf"]): Clip["leaf"] {
  const made = new Map<string, Tensor>();
  return (name, shape, stored) => {
    const leaf = made.get(name) ?? make(name, shape, stored);
    made.set(name, leaf);
    return leaf;
  };
}

/** Arithmetic of products in half precision. */
const halfPrecision = (weights: Weights, leaf: Clip["leaf"]): Arithmetic => ({
  weights,
  dtype: "float16",
  leaf,
  gridSize: () => 1,
  // Only a processor's caches ask for padded rows.
  hiddenWidth: (mlpWidth) => mlpWidth,
  linear: ([x], { name, to, from }, factors) => [
    linear(x, leaf(`${name}.weight`, [to, from]), leaf(`${name}.bias`, [to]), factors),
  ],
});

/** The file of a CLIP's weights in half precision, created if it does not exist. Throws WRITE, NUMERIC. */
const halfFile = (clip: Clip, cache: string, context: RunContext): Promise<string> =>
  cachedWeights(
    {
      path: join(cache, `${clip.weights.sha256}-1.safetensors`),
      label: "weights in half precision",
      metadata: { format: "mpa-fer-fp16" },
      tensors: graphTensors(clip),
      entries: () =>
        graphTensors(clip).map(([name, shape]) => ({ name, type: "F16", shape, length: 2 * elements(shape) })),
      values: async (tensor) => ({ [tensor[0]]: await halfValues(clip, tensor) }),
    },
    context,
  );

/** Weights in half precision. Throws NUMERIC where their magnitude is above 65,504. */
async function halfValues({ weights }: Clip, [name]: readonly [string, Shape]): Promise<Uint16Array> {
  const values = toHalf(await weights.values(name));
  if (values.some((bits) => (bits & 0x7c00) === 0x7c00)) {
    const what = `${weights.where}: ${name} has values above 65504, which half precision does not hold`;
    throw new MpaError("NUMERIC", what, { fix: "use --precision fp32" });
  }
  return values;
}
