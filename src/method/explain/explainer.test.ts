/** Saliency against finite differences of the model's own logits, on a CLIP whose features differ between pictures. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures, readFixture, relativeError, tolerance } from "../../../test/parity.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import { channelGain, denormalise, preprocess } from "../../clip/preprocess.ts";
import { toOnnx } from "../../graph/onnx.ts";
import { openSession } from "../../graph/runtime/session.node.ts";
import type { Session } from "../../graph/runtime/session.ts";
import { Random } from "../../platform/random.ts";
import type { PromptedModel } from "../promptedModel.ts";
import { initialPrompts } from "../prompts.ts";
import { type Explainer, openExplainer } from "./explainer.ts";
import { evidenceGraph } from "./graphs.ts";
import { openLogitGradients } from "./logitGradients.ts";
import { noisyCopy, saliencyMap } from "./saliency.ts";

const classes = ["calm", "glad", "cross"];
const side = 48;
const plane = side ** 2;
let folder: string;
let subject: PromptedModel;
let face: { width: number; height: number; data: Uint8Array };
let pixels: Float32Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saliency-"));
  const { clip, preprocess: config } = await openBackbone(await writeTinyBackbone(folder));
  const random = new Random("saliency test");
  const theta = Float32Array.from({ length: classes.length * 64 }, () => random.normal());
  for (let c = 0; c < classes.length; c++) {
    const row = theta.subarray(c * 64, (c + 1) * 64);
    const norm = Math.hypot(...row);
    row.forEach((value, e) => {
      row[e] = value / norm;
    });
  }
  const { "vision.prompts": visionPrompts } = initialPrompts({ "vision.prompts": [2, 3, 64] }, 1);
  const values = { shape: [classes.length, 64], data: theta };
  subject = { clip, preprocess: config, classes, theta: values, visionPrompts, topK: 5 };
  const data = Uint8Array.from({ length: 3 * plane }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return 128 + 60 * Math.sin(x / 5) * Math.cos(y / (4 + (i % 3))) + random.integer(30);
  });
  face = { width: side, height: side, data };
  pixels = new Float32Array(3 * plane);
  preprocess(face, config, pixels, 0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function logitsOf(session: Session, image: Float32Array): Promise<readonly number[]> {
  const { logits } = await session.run({ pixels: image });
  return Array.from(logits, Number);
}

describe.each(["coop", "mpa", "fp16-mpa"])("of the method's case %s", (name) => {
  it("logits, gradients with respect to pixels and patches are PyTorch's", async () => {
    const backbone = await openBackbone(join(fixtures, name.startsWith("fp16") ? "tiny-clip-gelu-fp16" : "tiny-clip"));
    const method = await readFixture(`method/${name}.safetensors`);
    const expected = await readFixture(`saliency/${name}.safetensors`);
    const theta = method("text.features");
    const model: PromptedModel = {
      ...{ clip: backbone.clip, preprocess: backbone.preprocess, theta },
      classes: Array.from({ length: theta.shape[0] }, String),
      visionPrompts: name === "coop" ? undefined : method("vision.prompts"),
      topK: name === "coop" ? 0 : 5,
    };
    const { data } = (await readFixture(`method/pixels-${backbone.name}.safetensors`))("step.0");
    const images = [0, 1, 2].map((i) => data.subarray((i * data.length) / 3, ((i + 1) * data.length) / 3));
    const forward = await backbone.open(toOnnx(evidenceGraph(model)), { threads: 1 });
    const back = await openLogitGradients(model, backbone.open, 2, { threads: 1 });
    const found: Record<string, number[]> = { logits: [], similarity: [], gradient: [] };
    for (const image of images) {
      const { logits, similarity } = await forward.run({ pixels: image });
      found.logits.push(...Array.from(logits, Number));
      found.similarity.push(...Array.from(similarity, Number));
      const scores = Array.from(logits, Number);
      const [gradient] = await back.of([image], scores.indexOf(Math.max(...scores)));
      found.gradient.push(...gradient);
    }
    await Promise.all([forward.dispose(), back.dispose()]);
    for (const [key, values] of Object.entries(found))
      expect(relativeError(values, expected(key))).toBeLessThan(tolerance);
  });
});

describe.each([5, 0])("with %i local patches", (topK) => {
  it("the gradient of each logit equals central differences along directions and at pixels", async () => {
    const model = { ...subject, topK };
    const forward = await openSession(toOnnx(evidenceGraph(model)), { weightsFolder: folder, threads: 1 });
    const back = await openLogitGradients(model, openSession, 2, { weightsFolder: folder, threads: 1 });
    const random = new Random("directions");
    for (const target of [0, 2]) {
      const [gradient] = await back.of([pixels], target);
      const norm = Math.hypot(...gradient);
      expect(norm).toBeGreaterThan(0.1);
      const along = gradient.map((value) => value / norm);
      const chance = Array.from({ length: 4 }, () =>
        along.map((value) => value + random.normal() / Math.sqrt(3 * plane)),
      );
      const largest = along.reduce((best, value, i) => (Math.abs(value) > Math.abs(along[best]) ? i : best), 0);
      const one = along.map((_, i) => (i === largest ? 1 : 0));
      for (const direction of [along, ...chance, one]) {
        const step = direction === one ? 0.02 : 0.01;
        const moved = (sign: number) => pixels.map((value, i) => value + sign * step * direction[i]);
        const [above, below] = [await logitsOf(forward, moved(1)), await logitsOf(forward, moved(-1))];
        const numeric = (above[target] - below[target]) / (2 * step);
        const analytic = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
        expect(Math.abs(analytic - numeric) / Math.abs(numeric)).toBeLessThan(0.01);
      }
    }
    await Promise.all([forward.dispose(), back.dispose()]);
  });
});

describe("an explained face", () => {
  let explainer: Explainer;
  beforeAll(async () => {
    explainer = await openExplainer(subject, openSession, { weightsFolder: folder, threads: 1, batch: 2 });
  });
  afterAll(() => explainer.dispose());

  it("has the maximum derivative over channels, in logits per full pixel range", async () => {
    const { saliency, target, probabilities } = await explainer.explain(face);
    expect(target).toBe(probabilities.indexOf(Math.max(...probabilities)));
    expect([saliency.height, saliency.width, saliency.data.length]).toEqual([side, side, plane]);
    const back = await openLogitGradients(subject, openSession, 1, { weightsFolder: folder, threads: 1 });
    const [gradient] = await back.of([pixels], target);
    await back.dispose();
    const gain = channelGain(subject.preprocess);
    for (const i of [0, 777, 2303]) {
      const expected = Math.max(...[0, 1, 2].map((c) => Math.abs(gradient[c * plane + i]) * gain[c]));
      expect(saliency.data[i]).toBeCloseTo(expected, 4);
    }
  });

  it("explains the requested target class", async () => {
    const { target } = await explainer.explain(face);
    const other = await explainer.explain(face, { target: (target + 1) % 3 });
    expect(other.target).toBe((target + 1) % 3);
    expect(other.saliency.data).not.toEqual((await explainer.explain(face)).saliency.data);
  });

  it("has SmoothGrad, the map of the mean gradient over the seed's noisy copies", async () => {
    const options = { copies: 3, noise: 0.2, seed: 7 };
    const { smoothGrad, target } = await explainer.explain(face, options);
    const back = await openLogitGradients(subject, openSession, 1, { weightsFolder: folder, threads: 1 });
    const gradients = await back.of(
      [0, 1, 2].map((i) => noisyCopy(pixels, subject.preprocess, options, i)),
      target,
    );
    await back.dispose();
    const mean = gradients[0].map((_, i) => (gradients[0][i] + gradients[1][i] + gradients[2][i]) / 3);
    const expected = saliencyMap(mean, subject.preprocess).data;
    const largest = Math.max(...expected);
    expect(smoothGrad?.data.every((value, i) => Math.abs(value - expected[i]) < 1e-4 * largest)).toBe(true);
    const again = await explainer.explain(face, options);
    expect(again.smoothGrad).toEqual(smoothGrad);
    const other = await explainer.explain(face, { ...options, seed: 8 });
    expect(other.smoothGrad).not.toEqual(smoothGrad);
  });

  it("lists the patches most similar to each class, consistent with the logits", async () => {
    const { similarity, patches, probabilities } = await explainer.explain(face);
    expect(similarity.map(({ data }) => data.length)).toEqual([36, 36, 36]);
    const forward = await openSession(toOnnx(evidenceGraph(subject)), { weightsFolder: folder, threads: 1 });
    const plain = await openSession(toOnnx(evidenceGraph({ ...subject, topK: 0 })), { weightsFolder: folder });
    const [logits, global] = [await logitsOf(forward, pixels), await logitsOf(plain, pixels)];
    await Promise.all([forward.dispose(), plain.dispose()]);
    for (const [c, { indices, scores }] of patches.entries()) {
      const sorted = [...similarity[c].data].sort((a, b) => b - a).slice(0, 5);
      expect(scores).toEqual(sorted);
      expect(indices.map((i) => similarity[c].data[i])).toEqual(scores);
      const local = scores.reduce((a, b) => a + b, 0) / 5;
      expect(logits[c]).toBeCloseTo(global[c] + subject.clip.scale * local, 2);
    }
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });
});

it("noise has the requested share of the image's range", () => {
  const { data } = face;
  const range = (Math.max(...data) - Math.min(...data)) / 255;
  const noisy = noisyCopy(pixels, subject.preprocess, { noise: 0.1, seed: 1 }, 0);
  const gain = channelGain(subject.preprocess);
  const squares = noisy.map((value, i) => ((value - pixels[i]) / gain[Math.floor(i / plane)]) ** 2);
  const deviation = Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length);
  expect(deviation / (0.1 * range)).toBeCloseTo(1, 1);
});

it("the image is recovered from the encoder's input", () => {
  expect(denormalise(pixels, subject.preprocess)).toEqual(face);
});
