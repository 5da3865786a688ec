/** A checkpoint of a run in `evaluate` and `predict`: the same answers, calibration, and other classes. */
import { cp, rename } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { predictSchema } from "../src/apps/predict/options.ts";
import { predict } from "../src/apps/predict/predict.ts";
import { evaluate } from "../src/runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../src/runs/evaluate/options.ts";
import { train } from "../src/runs/train/train.ts";
import { drawnFolder } from "./drawnFolder.ts";
import { TrainingFolder } from "./trainingFolder.ts";

const folder = new TrainingFolder({ train: 5, valid: 3 });

beforeAll(async () => {
  await train(folder.config("a", { variant: "mpa", augment: "paper", epochs: 3, hardPrompt: 2, threads: 2 }));
});

it("scores and predicts the same from the checkpoint as validation did", async () => {
  const checkpoint = folder.file("a", "best.safetensors");
  const { evaluation, scores } = await evaluate(
    evaluateSchema.config.parse({
      data: folder.data,
      dataset: "folder",
      backbone: folder.backbone,
      checkpoint,
      batchSize: 4,
      threads: 2,
    }),
  );
  const { metrics } = await folder.json("a", "run.json");
  expect(evaluation.confusion).toEqual(metrics.confusion);
  expect(evaluation.accuracy).toBe(metrics.accuracy);
  const file = join(folder.data, "valid", "cross", "0.png");
  const [answer] = await predict(
    predictSchema.config.parse({
      files: [file, join(folder.data, "missing.png")],
      detect: false,
      backbone: folder.backbone,
      checkpoint,
      threads: 2,
    }),
  );
  const row = scores.probabilities.subarray(3 * 3, 4 * 3);
  expect(Object.keys(answer.faces[0].probabilities)).toEqual(["circle", "cross", "square"]);
  for (const [c, p] of Object.values(answer.faces[0].probabilities).entries()) expect(p).toBeCloseTo(row[c], 4);
});

it("predicts with the backbone's bundled prompts by default, and zero-shot on request", async () => {
  const files = [join(folder.data, "valid", "cross", "0.png")];
  const answerOf = async (more: Record<string, unknown>) => {
    const [{ faces }] = await predict(predictSchema.config.parse({ files, detect: false, threads: 2, ...more }));
    return faces[0].probabilities;
  };
  const zeroShot = await answerOf({ backbone: folder.backbone });
  const adapted = folder.file("adapted");
  await cp(folder.backbone, adapted, { recursive: true });
  const checkpoint = folder.file("a", "best.safetensors");
  await cp(checkpoint, join(adapted, "prompts.safetensors"));
  const named = await answerOf({ backbone: folder.backbone, checkpoint });
  expect(await answerOf({ backbone: adapted })).toEqual(named);
  expect(Object.keys(zeroShot)).not.toEqual(Object.keys(named));
  expect(await answerOf({ backbone: adapted, zeroShot: true })).toEqual(zeroShot);
});

it("reports intervals, calibrates on validation, and abstains", async () => {
  const checkpoint = folder.file("a", "best.safetensors");
  const shared = {
    data: folder.data,
    dataset: "folder",
    backbone: folder.backbone,
    checkpoint,
    batchSize: 4,
    threads: 2,
  };
  const notices: string[] = [];
  const score = async (more: Record<string, unknown>) => {
    const context = { notice: (line: string) => notices.push(line) };
    return (await evaluate(evaluateSchema.config.parse({ ...shared, ...more }), context)).evaluation;
  };
  const plain = await score({ split: "train" });
  const { accuracy, intervals, coverage } = plain;
  expect(intervals.accuracy[0]).toBeLessThanOrEqual(accuracy);
  expect(intervals.accuracy[1]).toBeGreaterThanOrEqual(accuracy);
  expect(coverage[0]).toMatchObject({ coverage: 1, accuracy });
  const calibrated = await score({ split: "train", calibrate: true, abstain: 0.5 });
  expect(calibrated.accuracy).toBe(accuracy);
  // The model is confident in wrong answers on the nine validation images, so lower confidence is better calibrated.
  expect(calibrated.temperature).toBeCloseTo(100, 6);
  expect(calibrated).toMatchObject({ calibration: { atBound: true, images: 9 } });
  expect(calibrated.ece).not.toBe(plain.ece);
  expect(notices).toEqual([expect.stringMatching(/^the temperature is at the bound .*it is used as it is/)]);
  expect(calibrated.abstention).toMatchObject({ threshold: 0.5 });
  await expect(score({ split: "valid", calibrate: true })).rejects.toMatchObject({ code: "USAGE" });
});

it("scores a model of other classes on those that it shares with the data", async () => {
  const checkpoint = folder.file("a", "best.safetensors");
  const other = await drawnFolder(folder.file("other"), { valid: 3 });
  await rename(join(other, "valid", "circle"), join(other, "valid", "zebra"));
  const shared = { data: other, dataset: "folder", backbone: folder.backbone, checkpoint, batchSize: 4, threads: 2 };
  await expect(evaluate(evaluateSchema.config.parse(shared))).rejects.toMatchObject({
    code: "CHECKPOINT",
    message: expect.stringMatching(/evaluate --map/),
  });
  const { evaluation } = await evaluate(evaluateSchema.config.parse({ ...shared, map: true }));
  expect(evaluation).toMatchObject({ classes: ["cross", "square"], n: 6, unmapped: 3 });
  expect(evaluation).toMatchObject({ unmappedClasses: { zebra: 3 }, absentClasses: ["circle"] });
  expect(evaluation.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(6);
});
