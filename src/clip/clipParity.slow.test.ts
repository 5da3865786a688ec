/** Features of images and texts agree with PyTorch's, for tiny CLIPs of both activations and for ViT-B/16's full shape. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtures, readFixture, relativeError, tolerance } from "../../test/parity.ts";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import type { Feeds, Results } from "../graph/runtime/session.ts";
import { constant, input, type TensorData } from "../graph/tensor.ts";
import type { Outputs } from "../method/graphs.ts";
import { imageFeatures, textFeatures } from "../method/mpaFer.ts";
import { openBackbone } from "./backbone.node.ts";
import type { Backbone } from "./backbone.ts";
import { formulaValues } from "./random.node.ts";
import { type TokenTable, tokenTable } from "./textTower.ts";

async function runGraph({ clip }: Backbone, outputs: Outputs, feeds: Feeds = {}): Promise<Results> {
  const session = await openSession(toOnnx(outputs), { threads: 2, weightsFolder: clip.weights.folder });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

/** g and Z of pixels, without and with visual prompts. */
function runImages(backbone: Backbone, pixels: TensorData, prompts: TensorData): Promise<Results> {
  const images = input("pixels", pixels.shape);
  const plain = imageFeatures(backbone.clip, images, undefined, 1);
  const prompted = imageFeatures(backbone.clip, images, constant(prompts.data, prompts.shape), 1);
  const outputs = { "image.global": plain.global, "prompted.global": prompted.global };
  const local = plain.local && prompted.local && { "image.local": plain.local, "prompted.local": prompted.local };
  return runGraph(backbone, { ...outputs, ...local }, { pixels: pixels.data });
}

function runTexts(backbone: Backbone, tokens: TokenTable): Promise<Results> {
  const { prompt, token } = textFeatures(backbone.clip, tokens);
  return runGraph(backbone, { "text.features": prompt, "text.token": token });
}

describe.each(["tiny-clip", "tiny-clip-gelu-fp16"])("%s", (name) => {
  const expected = JSON.parse(readFileSync(join(fixtures, "clip", `${name}.json`), "utf8"));

  it("computes the features of images with and without visual prompts", async () => {
    const backbone = await openBackbone(join(fixtures, name));
    const fixture = await readFixture(`clip/${name}.safetensors`);
    const results = await runImages(backbone, fixture("pixels"), fixture("vision.prompts"));
    for (const feature of ["image.global", "image.local", "prompted.global", "prompted.local"]) {
      expect(relativeError(results[feature], fixture(feature)), feature).toBeLessThan(tolerance);
    }
  });

  it("computes the tokens and features of texts, and s", async () => {
    const backbone = await openBackbone(join(fixtures, name));
    const fixture = await readFixture(`clip/${name}.safetensors`);
    const texts: { text: string; ids: number[] }[] = expected.texts;
    const { contextLength } = backbone.clip.config.text;
    const tokens = tokenTable(
      backbone.tokenizer,
      texts.map(({ text }) => text),
      contextLength,
    );
    for (const [row, { ids }] of texts.entries()) {
      expect(Array.from(tokens.ids[row].subarray(0, tokens.eot[row] + 1))).toEqual(ids);
    }
    const results = await runTexts(backbone, tokens);
    for (const feature of ["text.features", "text.token"]) {
      expect(relativeError(results[feature], fixture(feature)), feature).toBeLessThan(tolerance);
    }
    expect(backbone.clip.scale).toBeCloseTo(expected.scale, 4);
  });
});

describe("ViT-B/16 with random weights", () => {
  it("computes the features of images with and without visual prompts", async () => {
    const backbone = await openBackbone("random:vit-b-16");
    const fixture = await readFixture("clip/vit-b-16.safetensors");
    const drawn = (name: string, shape: readonly number[], deviation: number): TensorData => ({
      shape,
      data: formulaValues(
        name,
        shape.reduce((a, b) => a * b, 1),
        0,
        deviation,
      ),
    });
    const results = await runImages(
      backbone,
      drawn("pixels", [2, 3, 224, 224], 1),
      drawn("vision.prompts", [12, 8, 768], 0.5),
    );
    for (const feature of ["image.global", "prompted.global"]) {
      expect(relativeError(results[feature], fixture(feature)), feature).toBeLessThan(tolerance);
    }
    // The fixture holds the first three of each image's 196 patches.
    for (const feature of ["image.local", "prompted.local"]) {
      const firsts = [0, 1].flatMap((image) =>
        Array.from(results[feature].slice(image * 196 * 512, (image * 196 + 3) * 512), Number),
      );
      expect(relativeError(firsts, fixture(feature)), feature).toBeLessThan(tolerance);
    }
  });

  it("computes the features of texts", async () => {
    const backbone = await openBackbone("random:vit-b-16");
    const fixture = await readFixture("clip/vit-b-16.safetensors");
    const { ids, scale } = JSON.parse(readFileSync(join(fixtures, "clip", "vit-b-16.json"), "utf8"));
    const rows: number[][] = ids;
    const [sot, eot] = [rows[0][0], 49407];
    const encode = (row: string) => rows[Number(row)].slice(1, -1);
    const results = await runTexts(backbone, tokenTable({ sot, eot, pad: eot, encode }, ["0", "1"], 77));
    for (const feature of ["text.features", "text.token"]) {
      expect(relativeError(results[feature], fixture(feature)), feature).toBeLessThan(tolerance);
    }
    expect(backbone.clip.scale).toBeCloseTo(scale, 3);
  });
});
