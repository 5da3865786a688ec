/** A training whose graph samples pictures learns as one that is given pixels. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { parseClipPreprocess } from "../clip/preprocess.ts";
import type { RgbImage } from "../pictures/image.ts";
import { Random } from "../platform/random.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchSpec } from "../runs/bench/work.ts";
import { trainingBatches } from "./batches.ts";
import { openGraph } from "./classifier.ts";
import { facesAsImages } from "./fewShotSet.ts";
import { trainingGraph } from "./graphs.ts";
import { type ImageInput, imageForm, imageInput } from "./imageInput.ts";
import { sgd } from "./optimiser.ts";
import { initialPrompts, type Prompts } from "./prompts.ts";
import { runStep } from "./step.ts";

let folder: string;
let backbone: Backbone;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "image-input-"));
  backbone = await openBackbone(await writeTinyBackbone(join(folder, "tiny")));
});
afterAll(() => rm(folder, { recursive: true }));

it("takes pixels on the processor and for Lanczos' filter, and pictures elsewhere", () => {
  expect(imageForm(backbone, "webgpu", { isMixed: true })).toBe("pixels");
  const forms = (of: Backbone) => ["cpu", "wasm", "webgpu", "cuda", "dml"].map((name) => imageForm(of, name));
  expect(forms(backbone)).toEqual(["pixels", "pixels", "pictures", "pictures", "pictures"]);
  const lanczos = { ...backbone, preprocess: parseClipPreprocess({ resample: 1 }, 48, "config") };
  expect(new Set(forms(lanczos))).toEqual(new Set(["pixels"]));
});

it("learns alike from pixels and from pictures", async () => {
  const faces = Array.from({ length: 24 }, (_, i) => ({ label: i % 2, image: blobs(i) }));
  const images = facesAsImages("train", ["dark", "light"], faces, backbone);
  const config = benchSchema.config.parse({ backbone: "tiny", batchSize: 8, threads: 1, classes: 2 });
  const spec = await benchSpec(backbone, config);

  const learn = async (input: ImageInput) => {
    const graph = trainingGraph(backbone.clip, config.batchSize, spec, input.pixels(config.batchSize));
    const session = await openGraph(backbone, graph, { threads: 1, provider: "cpu" });
    const { form: imageInput, values: imageValues } = input;
    const options = { microBatch: config.batchSize, classes: 2, imageValues, imageInput, losses: spec };
    const order = {
      seed: 1,
      shuffle: true,
      sampler: "uniform",
      augment: "paper",
      batchSize: 8,
      form: input.form,
    } as const;
    const optimiser = sgd({ momentum: 0.9, weightDecay: 0 });
    let prompts: Prompts = initialPrompts(spec.shapes, 1);
    let state = optimiser.init(prompts);
    const losses: number[] = [];
    for (let epoch = 0; epoch < 4; epoch++) {
      for await (const batch of trainingBatches(images, order, undefined, epoch, 0)) {
        if (batch === undefined) throw new Error("every face is readable");
        const step = await runStep({ whole: session }, prompts, batch, options);
        ({ prompts, state } = optimiser.update(prompts, step.gradients, state, 0.01));
        losses.push(step.losses.L_total);
      }
    }
    await session.dispose();
    return { losses, prompts };
  };
  const pixels = await learn(imageInput(backbone, "pixels"));
  const pictures = await learn(imageInput(backbone, "pictures"));
  expect(pixels.losses).toHaveLength(12);
  for (const [i, loss] of pixels.losses.entries()) expect(Math.abs(pictures.losses[i] / loss - 1)).toBeLessThan(0.01);
  const last = (losses: readonly number[]) => losses.slice(-3).reduce((sum, loss) => sum + loss, 0);
  expect(last(pixels.losses)).toBeLessThan(last(pixels.losses.slice(0, 3)));
  const context = (of: Prompts) => of["text.context"].data;
  expect(cosine(moved(context(pixels.prompts)), moved(context(pictures.prompts)))).toBeGreaterThan(0.999);

  function moved(values: Float32Array): Float32Array {
    const start = context(initialPrompts(spec.shapes, 1));
    return values.map((value, i) => value - start[i]);
  }
});

/** A picture of its own size, darker or lighter by its number. */
function blobs(i: number): RgbImage {
  const random = new Random("blobs", i);
  const [width, height] = [20 + random.integer(280), 20 + random.integer(280)];
  const level = (i % 2) * 100;
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => level + random.integer(120)) };
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
