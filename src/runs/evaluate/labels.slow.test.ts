/** Evaluation with labels beyond a class an image: votes as distributions, and clips of frames. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { trainSchema } from "../options.ts";
import { train } from "../train/train.ts";
import { evaluate } from "./evaluate.ts";
import { evaluateSchema } from "./options.ts";

let folder: string;
let shared: Record<string, unknown>;

async function put(path: string, grey: number): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await sharp({ create: { width: 24, height: 24, channels: 3, background: { r: grey, g: 255 - grey, b: grey / 2 } } })
    .png()
    .toFile(join(folder, path));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-labels-"));
  shared = { backbone: await writeTinyBackbone(join(folder, "backbone")), hardPrompt: 2, batchSize: 4, threads: 1 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("compares predictions with the votes of FER+", async () => {
  const rows = [
    [5, 5, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 8, 2, 0, 0, 0, 0, 0, 0, 0],
    [1, 0, 0, 6, 0, 0, 0, 0, 3, 0],
  ];
  for (const i of rows.keys()) await put(`ferplus/FER2013Valid/${i}.png`, 80 * i);
  const lines = rows.map((votes, i) => `${i}.png,"(0, 0, 24, 24)",${votes.join(",")}`);
  await writeFile(join(folder, "ferplus/FER2013Valid/label.csv"), `${lines.join("\n")}\n`);
  const data = { data: join(folder, "ferplus"), dataset: "ferplus" };
  const { evaluation, scores } = await evaluate(
    evaluateSchema.config.parse({ ...shared, ...data, labelRule: "votes" }),
  );
  const targets = rows.map((votes) => votes.slice(0, 8).map((count, _, all) => count / all.reduce((a, b) => a + b)));
  const divergences = targets.map((target, row) =>
    target.reduce((sum, t, c) => sum + (t > 0 ? t * Math.log(t / scores.probabilities[8 * row + c]) : 0), 0),
  );
  expect(evaluation.distribution?.kl).toBeCloseTo(divergences.reduce((a, b) => a + b) / 3, 10);
  expect(evaluation.distribution?.softAccuracyBound).toBeCloseTo((1 / 2 + 8 / 10 + 6 / 7) / 3, 10);
  const plurality = await evaluate(evaluateSchema.config.parse({ ...shared, ...data }));
  expect(plurality.evaluation.distribution).toBeUndefined();
  expect(plurality.evaluation.accuracy).toBe(evaluation.accuracy);
});

it("scores clips by the mean of their frames' logits, in training as well", async () => {
  const clips = ["Action/Sad/0001", "Action/Happy/0002", "War/Sad/0003", "War/Happy/0004"];
  for (const [i, clip] of clips.entries()) {
    for (const frame of [1, 2, 3]) await put(`ferv39k/2_ClipsforFaceCrop/${clip}/${frame}.png`, 40 * i + 25 * frame);
  }
  await mkdir(join(folder, "ferv39k/All_scenes"), { recursive: true });
  const list = clips.map((clip) => `${clip} ${clip.split("/")[1]}\n`).join("");
  for (const split of ["train", "test"]) await writeFile(join(folder, `ferv39k/All_scenes/${split}_All.csv`), list);
  const data = { data: join(folder, "ferv39k"), dataset: "ferv39k" };
  const config = evaluateSchema.config.parse({ ...shared, ...data, split: "test" });
  const { evaluation, scores, answers } = await evaluate(config);
  expect([evaluation.n, answers.length, scores.indices]).toEqual([4, 4, [0, 3, 6, 9]]);
  const ofRow = (row: number) => [...scores.probabilities.subarray(7 * row, 7 * row + 7)];
  for (const row of scores.indices.keys()) expect(ofRow(row).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  const options = { epochs: 1, variant: "coop", out: join(folder, "run") };
  const summary = await train(trainSchema.config.parse({ ...shared, ...data, ...options }));
  expect(summary.metrics?.n).toBe(2);
});
