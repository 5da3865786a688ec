import { expect, it } from "vitest";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { strassenClip } from "../clip/clip.ts";
import { formulaValues } from "../clip/random.node.ts";
import type { Inference } from "./checkpoint.ts";
import { openClassifier, runSize } from "./classifier.ts";

const backbone = await openBackbone("faceclip-mini");
const { vision, jointWidth } = backbone.clip.config;
const values = 3 * vision.imageSize ** 2;
const images = formulaValues("faces", 5 * values, 0, 1);
const theta = { shape: [8, jointWidth], data: formulaValues("theta", 8 * jointWidth, 0, jointWidth ** -0.5) };

/** Probabilities of the first `n` images, and how many images each run of the session had. */
async function classified(over: Backbone, n: number, batch: number, inference?: Inference) {
  const runs: number[] = [];
  const open: Backbone["open"] = async (model, options) => {
    const session = await over.open(model, options);
    return {
      ...session,
      run: (feeds, shapes) => {
        runs.push(feeds.pixels.length / values);
        return session.run(feeds, shapes);
      },
    };
  };
  const options = { kind: "constants", batch, classes: 8, topK: 4, theta, inference } as const;
  const classifier = await openClassifier({ ...over, open }, options, { threads: 1, provider: "cpu" });
  const rows = await classifier.classify(images.subarray(0, n * values), n);
  await classifier.dispose();
  return { rows, runs };
}

it("runs as many images as there are, with the answers of a full batch", async () => {
  const full = await classified(backbone, 5, 5);
  expect(full.runs).toEqual([5]);
  for (const n of [1, 3]) {
    const some = await classified(backbone, n, 32);
    expect(some.runs).toEqual([n]);
    for (const [i, p] of some.rows.entries()) expect(p).toBeCloseTo(full.rows[i], 6);
  }
});

it("reads as many images mirrored as well as there are, in the same run", async () => {
  const inference = { temperature: 0.5, flip: true };
  const full = await classified(backbone, 5, 5, inference);
  expect(full.runs).toEqual([5]);
  for (const n of [1, 3]) {
    const some = await classified(backbone, n, 32, inference);
    expect(some.runs).toEqual([n]);
    for (const [i, p] of some.rows.entries()) expect(p).toBeCloseTo(full.rows[i], 6);
  }
});

it("takes half as many images a run where each is read twice, and all of them on a graphics device", () => {
  const once = runSize(backbone.clip, "cpu", 1e4);
  expect(once).toBeGreaterThan(1);
  expect(runSize(backbone.clip, "cpu", 1e4, 2)).toBe(Math.floor(once / 2));
  expect(runSize(backbone.clip, "webgpu", 1e4, 2)).toBe(1e4);
});

it("pads the last run where the arithmetic halves batches", async () => {
  const halving = { ...backbone, clip: strassenClip(backbone.clip, 1) };
  const some = await classified(halving, 5, 8);
  expect(some.runs).toEqual([8]);
  const full = await classified(backbone, 5, 5);
  for (const [i, p] of some.rows.entries()) expect(p).toBeCloseTo(full.rows[i], 4);
});
