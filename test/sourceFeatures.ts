/** Features of a converted model for the inputs of its source's reference features. */

import type { Backbone } from "../src/clip/backbone.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { openSession } from "../src/graph/runtime/session.node.ts";
import type { Results } from "../src/graph/runtime/session.ts";
import { input } from "../src/graph/tensor.ts";
import { imageFeatures, textFeatures } from "../src/method/mpaFer.ts";
import type { Fixture } from "./parity.ts";

/** Normalised features of a fixture's images and token rows. */
export async function featuresOf({ clip }: Backbone, fixture: Fixture): Promise<Results> {
  const [pixels, tokens] = [fixture("pixels"), fixture("tokens")];
  const [count, length] = tokens.shape;
  const ids = Array.from({ length: count }, (_, i) =>
    Int32Array.from(tokens.data.subarray(i * length, (i + 1) * length)),
  );
  const eot = ids.map((row) => row.indexOf(Math.max(...row)));
  const image = imageFeatures(clip, input("pixels", pixels.shape), undefined, 0).global;
  const text = textFeatures(clip, { ids, length, eot, truncated: [] }).prompt;
  const session = await openSession(toOnnx({ image, text }), { threads: 2, weightsFolder: clip.weights.folder });
  const results = await session.run({ pixels: pixels.data });
  await session.dispose();
  return results;
}
