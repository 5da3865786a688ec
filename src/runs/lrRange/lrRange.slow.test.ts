/** Range tests of a tiny CLIP on drawn shapes: the files, and the curve against that of a training. */
import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import { train } from "../train/train.ts";
import { lrRange } from "./lrRange.ts";
import { lrRangeSchema } from "./options.ts";

const folder = new TrainingFolder();
const configOf = (name: string, options: Readonly<Record<string, unknown>> = {}) => {
  const quick = { variant: "coop", augment: "none", batchSize: 4, hardPrompt: 1, threads: 1 };
  const place = { data: folder.data, dataset: "folder", backbone: folder.backbone, out: folder.file(name) };
  return lrRangeSchema.config.parse({ ...place, ...quick, ...options });
};

it("writes curve, table and page, the same ones each time", async () => {
  const result = await lrRange(configOf("a", { steps: 40 }));
  expect((await readdir(folder.file("a"))).sort()).toEqual(["lr-range.csv", "lr-range.html", "lr-range.json"]);
  const { points, suggestion } = await folder.json("a", "lr-range.json");
  expect(points).toEqual(result.points);
  expect(points[0].lr).toBe(1e-5);
  expect(suggestion.lr).toBeCloseTo(suggestion.atLowest / 10, 12);
  const rows = (await readFile(folder.file("a", "lr-range.csv"), "utf8")).trim().split("\r\n");
  expect(rows[0]).toBe("step,lr,loss,smoothed");
  expect(rows).toHaveLength(points.length + 1);
  expect(await readFile(folder.file("a", "lr-range.html"), "utf8")).toContain(
    "Learning-rate range test: coop on folder",
  );
  expect((await lrRange(configOf("b", { steps: 40 }))).points).toEqual(result.points);
  await expect(lrRange(configOf("a"))).rejects.toMatchObject({ code: "WRITE" });
});

it("starts with the loss of a training's first step", async () => {
  const { points } = await lrRange(configOf("first", { steps: 10, minLr: 0.01, maxLr: 0.02 }));
  await train(folder.config("trained", { epochs: 1, lr: 0.01, schedule: "constant" }));
  const [step] = (await readFile(folder.file("trained", "metrics.jsonl"), "utf8")).split("\n");
  expect(points[0].loss).toBe(JSON.parse(step).L_total);
});

it("ends at a loss that diverges", async () => {
  const { points, ended } = await lrRange(configOf("far", { steps: 100, maxLr: 1e30 }));
  expect(ended).toMatch(/diverged|not finite/);
  expect(points.length).toBeLessThan(100);
});

it("refuses a range that does not grow", () => {
  expect(() => configOf("none", { minLr: 1, maxLr: 1 })).toThrow("must be below --max-lr");
});

it("stops at an abort without files", async () => {
  await expect(lrRange(configOf("stopped"), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "INTERRUPTED",
  });
  expect(await readdir(folder.file("stopped"))).toEqual([]);
});
