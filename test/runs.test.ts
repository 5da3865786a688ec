/** Complete runs: reproducibility, resuming, micro-batches and file formats. */
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTensorFile } from "../src/clip/weights.node.ts";
import { recordedKeys } from "../src/runs/callbacks/tensorboard.ts";
import { train } from "../src/runs/train/train.ts";
import { TrainingFolder } from "./trainingFolder.ts";

const folder = new TrainingFolder({ train: 5, valid: 3 });

const configOf = (name: string, options: Record<string, unknown> = {}) =>
  folder.config(name, { variant: "mpa", augment: "paper", epochs: 3, hardPrompt: 2, threads: 2, ...options });

const bytes = (name: string, file = "last.safetensors") => readFile(folder.file(name, file));

it("is bit-identical for the same seed, and differs for another", async () => {
  await train(configOf("a"));
  await train(configOf("b"));
  await train(configOf("c", { seed: 2 }));
  expect((await bytes("a")).equals(await bytes("b"))).toBe(true);
  expect((await bytes("a", "metrics.jsonl")).equals(await bytes("b", "metrics.jsonl"))).toBe(true);
  expect((await bytes("a")).equals(await bytes("c"))).toBe(false);
});

it("stops cleanly at any step and resumes bit for bit", async () => {
  // in the middle of an epoch, at its end, and after the last step of all, before its validation
  for (const stopAfter of [1, 4, 7, 12]) {
    const name = `stopped-${stopAfter}`;
    const controller = new AbortController();
    let updates = 0;
    const progress = {
      start: ({ label }: { label: string }) => ({
        update: () => {
          if (label === "training" && ++updates === stopAfter) controller.abort();
        },
        note: () => undefined,
        finish: () => undefined,
      }),
    };
    await expect(train(configOf(name), { progress, signal: controller.signal })).rejects.toMatchObject({
      code: "INTERRUPTED",
    });
    await train(configOf(name, { resume: true }));
    expect((await bytes(name)).equals(await bytes("a"))).toBe(true);
    expect((await bytes(name, "best.safetensors")).equals(await bytes("a", "best.safetensors"))).toBe(true);
    expect((await bytes(name, "metrics.jsonl")).equals(await bytes("a", "metrics.jsonl"))).toBe(true);
  }
});

it("counts the time of all its parts, and records L_t beside its two terms", async () => {
  await train(configOf("timed", { epochs: 1 }));
  const path = folder.file("timed", "run.json");
  const first = JSON.parse(await readFile(path, "utf8"));
  expect(Math.abs(Date.now() - Date.parse(first.startedAt))).toBeLessThan(600_000);
  const startedAt = "2026-01-02T03:04:05.000Z";
  await writeFile(path, JSON.stringify({ ...first, finished: false, seconds: 7200, startedAt }));
  await train(configOf("timed", { epochs: 1, resume: true }));
  const { seconds, startedAt: kept } = JSON.parse(await readFile(path, "utf8"));
  expect(kept).toBe(startedAt);
  expect(seconds).toBeGreaterThan(7200);
  expect(seconds).toBeLessThan(7200 + 600);
  const lines = (await readFile(folder.file("timed", "metrics.jsonl"), "utf8")).trim().split("\n");
  for (const line of lines.map((each) => JSON.parse(each))) expect(line.L_t).toBe(line.L_ta + line.L_pa);
  const report = await readFile(folder.file("timed", "report.html"), "utf8");
  expect(report).toContain("training images");
  expect(report).toContain("2.00");
});

it("resumes with moved data, but not with other images", async () => {
  const stop = new AbortController();
  const callbacks = [{ name: "stop", onEpochEnd: () => stop.abort() }];
  const stopped = train(configOf("moving"), { signal: stop.signal, callbacks });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
  const elsewhere = folder.file("elsewhere");
  await cp(folder.data, elsewhere, { recursive: true });
  await rm(join(elsewhere, "train", "cross", "1.png"));
  const moved = configOf("moving", { data: elsewhere, resume: true, checkpointEvery: 2, microBatch: 1 });
  await expect(train(moved)).rejects.toMatchObject({
    code: "CHECKPOINT",
    message: expect.stringMatching(
      /other settings, data or backbone: the list of images of the train split \(.*\)\. Fix: /,
    ),
  });
  await cp(folder.data, elsewhere, { recursive: true });
  await train(moved);
  expect((await bytes("moving")).equals(await bytes("a"))).toBe(true);
});

it("names each changed setting that prevents resuming, with both values and a fix", async () => {
  await train(configOf("named", { epochs: 1 }));
  const refused = (more: Record<string, unknown>) =>
    train(configOf("named", { epochs: 1, resume: true, ...more })).then(
      () => "went on",
      ({ message }: Error) => message,
    );
  expect(await refused({ epochs: 5, batchSize: 7, shuffle: false })).toMatch(
    /other settings, data or backbone: --no-shuffle \(not given then, given now\), --epochs \(1 then, 5 now\), --batch-size \(4 then, 7 now\) \(.*named.resume\.safetensors\)\. Fix: repeat what it was started with, or --init .*named.last\.safetensors with another --out starts a new run/,
  );
  const otherShapes = await refused({ contextLength: 3 });
  expect(otherShapes).toContain("--context-length (10 then, 3 now)");
  expect(otherShapes).toContain("choose another --out and leave --resume out");
  expect(otherShapes).not.toContain("--init");
});

it("has the same gradient in micro-batches", async () => {
  const whole = await train(configOf("whole", { maxSteps: 2, augment: "none" }));
  // So little memory that a micro-batch is a single image.
  const split = await train(configOf("split", { maxSteps: 2, augment: "none", memory: 7_000_000 }));
  expect(split.steps).toBe(whole.steps);
  const manifests = await Promise.all(
    ["whole", "split"].map(async (name) => JSON.parse(String(await bytes(name, "run.json")))),
  );
  expect(manifests.map(({ microBatch }) => microBatch)[0]).toBe(4);
  expect(manifests.map(({ microBatch }) => microBatch)[1]).toBeLessThan(4);
  const [one, many] = await Promise.all(
    ["whole", "split"].map((name) => readTensorFile(folder.file(name, "last.safetensors"))),
  );
  for (const [name, { data }] of one.tensors) {
    const other = many.tensors.get(name)?.data ?? new Float32Array();
    expect(Math.max(...data.map((value, i) => Math.abs(value - other[i])))).toBeLessThan(1e-4);
  }
});

it("writes a TensorBoard event file for each resume, on request", async () => {
  const controller = new AbortController();
  const progress = {
    start: ({ label }: { label: string }) => ({
      update: () => {
        if (label === "training") controller.abort();
      },
      note: () => undefined,
      finish: () => undefined,
    }),
  };
  const config = configOf("events", { tensorboard: true, epochs: 1 });
  await expect(train(config, { progress, signal: controller.signal })).rejects.toMatchObject({ code: "INTERRUPTED" });
  await train({ ...config, resume: true });
  const files = (await readdir(folder.file("events"))).filter((name) => name.startsWith("events.out.tfevents."));
  expect(files.map((name) => name.replace(/\.\d{10}\./, ".TIME.")).sort()).toEqual([
    "events.out.tfevents.TIME.mpa-fer.1",
    "events.out.tfevents.TIME.mpa-fer.2",
  ]);
  const [first, second] = await Promise.all(files.sort().map(async (name) => String(await bytes("events", name))));
  expect(first).toContain("step/L_total");
  expect(first).not.toContain("valid/accuracy");
  expect(second).toContain("valid/accuracy");
  expect(await readdir(folder.file("a"))).not.toContainEqual(expect.stringContaining("tfevents"));
});

it("writes the events again that a kill or a full disk cost, and none that are there", async () => {
  const config = configOf("eventsAgain", { tensorboard: true, epochs: 2 });
  await train(config);
  const eventFiles = async () =>
    (await readdir(folder.file("eventsAgain"))).filter((name) => name.startsWith("events.out.tfevents."));
  const keysIn = async (name: string) => recordedKeys(await bytes("eventsAgain", name));
  const [whole] = await eventFiles();
  const keys = await keysIn(whole);
  expect(keys).toHaveLength(10);
  await train({ ...config, resume: true });
  expect(await eventFiles()).toEqual([whole]);
  await rm(folder.file("eventsAgain", whole));
  await train({ ...config, resume: true });
  const [again] = await eventFiles();
  expect(again).toMatch(/\.mpa-fer\.9$/);
  expect(await keysIn(again)).toEqual(keys);
});

describe("a run folder", () => {
  it("has a manifest of the run", async () => {
    const manifest = JSON.parse(String(await bytes("a", "run.json")));
    expect(manifest).toMatchObject({ finished: true, seed: 1, testSplitRead: false, provider: "cpu", steps: 12 });
    const { metrics, intervals } = manifest;
    for (const name of ["accuracy", "uar"]) {
      expect(intervals[name][0]).toBeLessThanOrEqual(metrics[name]);
      expect(intervals[name][1]).toBeGreaterThanOrEqual(metrics[name]);
    }
    expect(manifest.data.train).toMatchObject({ images: 15, unreadable: 0 });
    expect(manifest.learned).toEqual({ parameters: 3 * 10 * 64 + 2 * 8 * 64, bytes: 4 * 2944, tableBytes: 2 * 2944 });
    expect(manifest.config).toMatchObject({ variant: "mpa", topK: 16, lr: 0.032 });
  });

  it("has a checkpoint of the documented shapes", async () => {
    const { tensors, metadata } = await readTensorFile(folder.file("a", "best.safetensors"));
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      "text.context": [3, 10, 64],
      "vision.prompts": [2, 8, 64],
      prototypes: [3, 64],
      "text.features": [3, 64],
    });
    expect(metadata.format).toBe("mpa-fer/1");
    expect(JSON.parse(metadata.classes)).toEqual(["circle", "cross", "square"]);
    const keys = [
      "beta",
      "context",
      "gamma",
      "hardPrompt",
      "localTopK",
      "prototypeLoss",
      "softText",
      "tau",
      "visualPrompts",
    ];
    expect(Object.keys(JSON.parse(metadata.config)).sort()).toEqual(keys);
  });

  it("is not overwritten by another run", async () => {
    const before = await bytes("a");
    await expect(train(configOf("a"))).rejects.toMatchObject({ code: "WRITE" });
    await expect(train(configOf("a", { resume: true, lr: 1 }))).rejects.toMatchObject({ code: "CHECKPOINT" });
    expect((await bytes("a")).equals(before)).toBe(true);
  });
});
