/** Estimates of real trainings: their amounts, that nothing is written, and that timing leaves the training's bits unchanged. */
import { existsSync } from "node:fs";
import { cp, readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import type { TrainingEstimate } from "./estimate.ts";
import { train } from "./train.ts";

const folder = new TrainingFolder();

const call = (command: readonly string[], out: string, ...more: readonly string[]) =>
  callProgram([
    ...command,
    ...["--data", folder.data, "--dataset", "folder", "--backbone", folder.backbone, "--out", folder.file(out)],
    ...["--hard-prompt", "1", "--threads", "2", "--batch-size", "4", ...more],
  ]);
const estimateOf = async (out: string, ...more: readonly string[]): Promise<TrainingEstimate> => {
  const { code, stdout, stderr } = await call(["train"], out, "--estimate", "--json", "-", ...more);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

it("tells what a training will take and writes nothing", async () => {
  const { code, stdout } = await call(["train"], "nothing", "--estimate", "--epochs", "40");
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "training: 12 images, 40 epochs, 120 steps of 4",
    "validation: 40 times 6 images",
    "before the first step: features of 12 images",
  ]);
  expect(lines[3]).toMatch(
    /^expected time: \d+ s \(features \d+ s, steps \d+ s, validation \d+ s\), from \d timed steps/,
  );
  expect(lines[4]).toMatch(/^memory: about \d+ MB \(4 images a run\); --memory allows /);
  expect(lines[5]).toMatch(/^disk: about \d+ kB$/);
  expect(existsSync(folder.file("nothing"))).toBe(false);
});

it("has the parts of each variant", async () => {
  const { seconds, ...whole } = await estimateOf("nothing", "--epochs", "2", "--max-steps", "5");
  expect(whole).toMatchObject({ images: 12, validImages: 6, steps: 5, featureImages: 12, stepsDone: 0 });
  expect(whole.left).toEqual({ steps: 5, images: 20, validations: 2 });
  expect(seconds?.total).toBeGreaterThan(0);
  expect(whole.memory.byMicroBatch.map(({ microBatch }) => microBatch)).toEqual([1, 2, 4]);
  const plain = await estimateOf("nothing", "--variant", "coop", "--epochs", "2");
  expect(plain.featureImages).toBe(0);
  const few = await estimateOf("nothing", "--prototype-images", "2", "--epochs", "2");
  expect(few.featureImages).toBe(2 * 3);
  const frozen = await estimateOf("nothing", "--variant", "coop", "--augment", "none", "--epochs", "2");
  expect(frozen.featureImages).toBe(12 + 6);
  expect(frozen.seconds?.validation).toBe(0);
});

it("counts only what a resumed training has left, and no features that are kept", async () => {
  const options = { variant: "mpa", epochs: 3, maxSteps: 7, featureCache: folder.file("features") };
  const stop = new AbortController();
  const stopping = { name: "stop", onEpochEnd: () => stop.abort() };
  const context = { signal: stop.signal, callbacks: [stopping] };
  await expect(train(folder.config("cut", options), context)).rejects.toMatchObject({ code: "INTERRUPTED" });
  const before = await readdir(folder.file("cut"));
  const more = ["--epochs", "3", "--max-steps", "7", "--augment", "none", "--feature-cache", folder.file("features")];
  const found = await estimateOf("cut", ...more, "--resume");
  expect(found).toMatchObject({ steps: 7, stepsDone: 3, featureImages: 0 });
  // three and one step of four images
  expect(found.left).toEqual({ steps: 4, images: 16, validations: 2 });
  expect(await readdir(folder.file("cut"))).toEqual(before);
});

it("does not change the bits of the training that follows", async () => {
  const options = { variant: "mpa", augment: "paper", epochs: 40, maxSteps: 100, threads: 2 };
  let told: TrainingEstimate | undefined;
  await train(folder.config("told", options), {}, (estimate) => {
    told = estimate;
  });
  await train(folder.config("untold", options));
  expect(told?.rates?.timedSteps).toBeGreaterThan(0);
  for (const name of ["last.safetensors", "best.safetensors", "resume.safetensors", "predictions.csv"]) {
    expect(await readFile(folder.file("told", name)), name).toEqual(await readFile(folder.file("untold", name)));
  }
});

it("tells a short training before it starts without timing it", async () => {
  const { code, stderr } = await call(["train"], "short", "--epochs", "1");
  expect(code).toBe(0);
  const lines = stderr.split("\n");
  expect(lines[0]).toBe("training: 12 images, 1 epoch, 3 steps of 4");
  expect(lines).toContain("expected time: the progress line shows it from the first steps on");
  expect(lines.findIndex((line) => line.startsWith("disk:"))).toBeLessThan(
    lines.findIndex((line) => line.startsWith("prototypes:")),
  );
});

it("tells what an ablation will take: cells left, shared features once, and scoring", async () => {
  const ablate = ["ablate", "components", "--seeds", "1,2", "--epochs", "1"];
  const { code, stdout, stderr } = await call(ablate, "table", "--estimate", "--json", "-");
  expect(code, stderr).toBe(0);
  const estimate = JSON.parse(stdout);
  // 5 rows, 2 seeds, 3 steps; 6 images scored by each cell
  expect(estimate).toMatchObject({ cells: 10, cellsDone: 0, steps: 30, featureImages: 12, scoredImages: 60 });
  expect(estimate.rows.map(({ name }: { name: string }) => name)).toEqual(["coop", "+vp", "+proto", "+spa", "mpa"]);
  expect(estimate.seconds).toBeGreaterThan(0);
  expect(existsSync(folder.file("table"))).toBe(false);
  // A finished cell is not counted again; it has still to be scored.
  await train(
    folder.config("done", { variant: "coop", augment: "paper", epochs: 1, threads: 2, out: folder.file("done") }),
  );
  await cp(folder.file("done"), folder.file("table", "coop-1"), { recursive: true });
  const { stdout: text } = await call(ablate, "table", "--estimate");
  expect(text).toContain(
    "trainings: 10 (5 rows), 1 of them finished; 27 steps left\n  coop: 1 training of 12 images, 1 epoch",
  );
  expect(await readdir(folder.file("table"))).toEqual(["coop-1"]);
}, 60_000);
