/** A backbone whose image tower multiplies in eight bits (`--precision int8`); the small text tower stays in single precision. */
import { join } from "node:path";
import { MpaError } from "../errors.ts";
import { userCacheFolder } from "../folders.ts";
import { int8Linear, scale } from "../graph/ops/index.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import type { RunContext } from "../runContext.ts";
import { openSession } from "../runtime/node.ts";
import type { Backbone } from "./backbone.ts";
import type { Clip } from "./clip.ts";
import { int8File, isRounded } from "./int8File.ts";
import { openWeightFile } from "./weightFile.ts";
import { type Weights, weightLeaf } from "./weights.ts";

/** Where rounded weights are kept. */
export const int8CacheFolder = (): string => join(userCacheFolder(), "int8");

/** The rounded weights are made once and kept in `cache`. Throws WRITE, and WEIGHTS where the kept file is broken. */
export async function int8Backbone(
  backbone: Backbone,
  context: RunContext = {},
  cache = int8CacheFolder(),
): Promise<Backbone> {
  const rounded = await openWeightFile(await int8File(backbone.clip, cache, context));
  return {
    ...backbone,
    clip: roundedClip(backbone.clip, rounded),
    open: (model, options) => {
      if (!model.weightFiles.includes(rounded.file)) return backbone.open(model, options);
      if (model.weightFiles.length > 1) throw new MpaError("INTERNAL", "one graph over weights of both precisions");
      return openSession(model, { ...options, weightsFolder: rounded.folder });
    },
  };
}

function roundedClip(clip: Clip, rounded: Weights): Clip {
  const leaf = (name: string, shape: Shape, stored?: Shape) =>
    rounded.header.tensors.has(name) ? weightLeaf(rounded, name, shape, stored) : clip.leaf(name, shape, stored);
  return {
    ...clip,
    isRounded: true,
    leaf,
    // Rows of bytes do not get into each other's way.
    hiddenWidth: (tower) => (tower === clip.config.vision ? tower.mlpWidth : clip.hiddenWidth(tower)),
    linear: (x, name, to, from, factors = {}) => {
      const weight = `${name}.weight`;
      if (!isRounded(weight, [to, from])) return clip.linear(x, name, to, from, factors);
      const { alpha = 1, beta = 1 } = factors;
      const part = (kind: string, shape: Shape) => weightLeaf(rounded, `${weight}.${kind}`, shape);
      const bytes = {
        forward: part("forward", [from, to]),
        forwardScale: times(part("forward_scale", [to]), alpha),
        backward: part("backward", [to, from]),
        backwardScale: times(part("backward_scale", [from]), alpha),
      };
      return int8Linear(x, bytes, times(leaf(`${name}.bias`, [to]), beta));
    },
  };
}

const times = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : scale(x, factor));
