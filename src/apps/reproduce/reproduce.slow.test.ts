/** Reproductions on a few made-up FER+ pictures: the record, going on, what makes it no reproduction. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { ferClasses } from "../../data/sample.ts";
import { cellsOf, deviationsOf, reproduceSchema } from "./options.ts";
import { recordSchema } from "./record.ts";
import { estimateReproduction, reproduce } from "./reproduce.ts";

let folder: string;
let data: string;
let backbone: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-reproduce-"));
  data = join(folder, "data");
  backbone = await writeTinyBackbone(join(folder, "clip"));
  for (const [split, count] of [
    ["FER2013Train", 2],
    ["FER2013Valid", 1],
    ["FER2013Test", 1],
  ] as const) {
    await mkdir(join(data, split), { recursive: true });
    const rows: string[] = [];
    for (const [c] of ferClasses.entries()) {
      for (let i = 0; i < count; i++) {
        const votes = Array.from({ length: 10 }, (_, column) => (column === c ? 10 : 0));
        rows.push([`${c}-${i}.png`, '"(0, 0, 48, 48)"', ...votes].join(","));
        const grey = { r: 20 + 25 * c, g: 20 + 25 * c, b: 20 + 25 * c + i };
        const picture = sharp({ create: { width: 48, height: 48, channels: 3, background: grey } });
        await picture.png().toFile(join(data, split, `${c}-${i}.png`));
      }
    }
    await writeFile(join(data, split, "label.csv"), `${rows.join("\n")}\n`);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (more: Readonly<Record<string, unknown>> = {}) =>
  reproduceSchema.config.parse({ set: ["ferplus"], data, backbone, threads: 1, out: join(folder, "out"), ...more });

it("has the paper's settings", () => {
  const cells = cellsOf(configOf());
  expect(cells).toMatchObject({
    ...{ dataset: "ferplus", split: "test", batchSize: 32, lr: 0.032, hardPrompt: 3, contextLength: 10 },
    ...{ momentum: 0.9, weightDecay: 5e-4, schedule: "cosine", augment: "paper", paperProtocol: false },
  });
  expect(deviationsOf(configOf())).toEqual([]);
  expect(deviationsOf(configOf({ set: ["affectnet-8"], epochs: 20 }))).toEqual([]);
  expect(deviationsOf(configOf({ epochs: 2, limit: 5, split: "valid" }))).toEqual([
    "2 epochs in place of 120",
    "at most 5 training images a class",
    "scored on the validation split, which chose the epoch",
  ]);
});

it("writes a record without places, and opens the test split once", async () => {
  const config = configOf({ epochs: 1, seeds: "1,2" });
  expect(await estimateReproduction(config, {})).toMatchObject({ cells: 2, cellsDone: 0, steps: 2 });
  const { record } = await reproduce(config);
  const text = await readFile(join(config.out, "record.json"), "utf8");
  expect(recordSchema.parse(JSON.parse(text))).toEqual(record);
  expect(text).not.toContain(folder);
  expect(record).toMatchObject({
    command: "npx mpa-fer reproduce ferplus --data DIR --backbone DIR --seeds 1,2 --epochs 1",
    ...{ dataset: "ferplus", isReproduction: false, selection: "valid", scored: "test" },
    deviations: ["1 epoch in place of 120", "the backbone is none of the paper's, as far as its bytes or name tell"],
    paper: { source: "Table 4", accuracy: { "ViT-B/16": 91.15, "ViT-L/14": 91.81 } },
    data: { train: { images: 16 }, valid: { images: 8 }, test: { images: 8 } },
    settings: { variant: "mpa", lr: 0.032, epochs: 1, topK: 16, beta: 1, gamma: 1 },
    runs: [
      { seed: 1, images: 8 },
      { seed: 2, images: 8 },
    ],
  });
  expect(record.difference).toBeUndefined();
  expect(record.accuracy.mean).toBeCloseTo((record.runs[0].accuracy + record.runs[1].accuracy) / 2, 12);
  expect(record.backbone.checks.failed).toEqual([]);
  expect(await readFile(join(config.out, "record.md"), "utf8")).toContain("# Trial on ferplus, not a reproduction");

  const changed = (await stat(join(config.out, "mpa-2/run.json"))).mtimeMs;
  expect((await reproduce(config)).record).toEqual(record);
  expect((await stat(join(config.out, "mpa-2/run.json"))).mtimeMs).toBe(changed);
  const { testSplit } = JSON.parse(await readFile(join(config.out, "mpa-1/run.json"), "utf8"));
  expect(testSplit.openings).toHaveLength(1);
});
