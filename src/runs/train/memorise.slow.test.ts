/** End to end: a tiny random CLIP memorises a few faces in every variant of the paper's Table 1. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ferplus } from "../../../test/ferplusData.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { drawDataset } from "../../apps/demo/dataset.ts";
import { variantNames } from "../../method/variants.ts";
import { trainSchema } from "../options.ts";
import { train } from "./train.ts";

let folder: string;
let backbone: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  backbone = await writeTinyBackbone(join(folder, "backbone"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** L_vt of each step of a run on these images. */
async function lossesOf(name: string, options: Readonly<Record<string, unknown>>): Promise<number[]> {
  const out = join(folder, name);
  await train(trainSchema.config.parse({ backbone, out, validLimit: 1, augment: "none", threads: 2, ...options }));
  const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line)).flatMap(({ kind, L_vt }) => (kind === "step" ? [L_vt] : []));
}

describe("memorises 8 drawn faces, one an expression", () => {
  let data: string;
  beforeAll(async () => {
    data = join(folder, "drawn");
    await drawDataset({ out: data, seed: 1, facesPerClass: { train: 1, valid: 1, test: 1 }, size: 48 });
  });

  it.each(variantNames)("%s", async (variant) => {
    const images = { data, dataset: "folder", batchSize: 8, epochs: 100, schedule: "constant" };
    const losses = await lossesOf(`drawn-${variant}`, { ...images, variant });
    expect(losses).toHaveLength(100);
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses[99]).toBeLessThan(0.1);
  });
});

describe.skipIf(ferplus === undefined)("memorises 16 faces of FER+", () => {
  it.each(variantNames)("%s", async (variant) => {
    const images = { data: ferplus, dataset: "ferplus", limit: 2, batchSize: 16, epochs: 300 };
    const losses = await lossesOf(`ferplus-${variant}`, { ...images, variant });
    expect(losses[0]).toBeGreaterThan(1);
    expect(Math.min(...losses)).toBeLessThan(0.1);
  });
});
