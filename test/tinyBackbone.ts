/** Tiny CLIP with random weights, large enough in scale that different faces get different features. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { clipTensors } from "../src/clip/clipTensors.ts";
import { parseClipConfig } from "../src/clip/config.ts";
import { type ClipShape, clipConfigJson, formulaValues } from "../src/clip/random.node.ts";
import { writeSafetensors } from "../src/clip/safetensors.ts";
import { elements, type Shape } from "../src/graph/tensor.ts";

const tiny: ClipShape = {
  vision: { width: 64, layers: 2, heads: 4, imageSize: 48, patchSize: 8 },
  text: { width: 64, layers: 2, heads: 4, vocabulary: 4096 },
  jointWidth: 64,
};

/** Mean and deviation of a tensor's values: matrices at twice the usual gain, so that attention is far from uniform. */
function distribution(name: string, dimensions: Shape): readonly [mean: number, deviation: number] {
  if (name === "logit_scale") return [Math.log(100), 0];
  if (/norm.*weight/.test(name)) return [1, 0.05];
  if (name.endsWith("bias")) return [0, 0.05];
  if (/class_embedding|position|token_embedding/.test(name)) return [0, 0.3];
  return [0, 2 * elements(dimensions.slice(1)) ** -0.5];
}

/** Writes a backbone in the Hugging Face layout into `folder` and returns its path. `alter` changes or drops tensors; `vision` overrides fields of `vision_config`. */
export async function writeTinyBackbone(
  folder: string,
  alter: (name: string, data: Float32Array) => Float32Array | undefined = (_, data) => data,
  shape: ClipShape = tiny,
  vision: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const plain = clipConfigJson(shape);
  const config = { ...plain, vision_config: { ...plain.vision_config, ...vision } };
  const tensors = clipTensors(parseClipConfig(config, folder)).flatMap(([name, dimensions]) => {
    const data = alter(name, formulaValues(name, elements(dimensions), ...distribution(name, dimensions)));
    return data === undefined ? [] : [[name, { shape: dimensions, data }] as const];
  });
  await writeFile(join(folder, "model.safetensors"), writeSafetensors(new Map(tensors), {}));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const tokenizer = join(import.meta.dirname, "../models/faceclip-mini/tokenizer.json");
  await copyFile(tokenizer, join(folder, "tokenizer.json"));
  return folder;
}
