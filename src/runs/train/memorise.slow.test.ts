/** End to end: a tiny random CLIP memorises 16 FER+ faces in every variant of METHOD.md's table. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ferplus } from "../../../test/ferplusData.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
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

describe.skipIf(ferplus === undefined)("memorises 16 faces", () => {
  it.each(variantNames)("%s", async (variant) => {
    const out = join(folder, variant);
    const config = trainSchema.config.parse({
      data: ferplus,
      dataset: "ferplus",
      backbone,
      variant,
      out,
      limit: 2,
      validLimit: 1,
      batchSize: 16,
      epochs: 300,
      augment: "none",
      threads: 2,
    });
    await train(config);
    const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).trim().split("\n");
    const losses: number[] = lines
      .map((line) => JSON.parse(line))
      .flatMap(({ kind, L_vt }) => (kind === "step" ? [L_vt] : []));
    expect(losses[0]).toBeGreaterThan(1);
    expect(Math.min(...losses)).toBeLessThan(0.1);
  });
});
