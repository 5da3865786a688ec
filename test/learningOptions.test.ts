/** Trainings with the options of learning: what their files say, and the bits of a run that was cut and resumed. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readTensorFile } from "../src/clip/weights.node.ts";
import { train } from "../src/runs/train/train.ts";
import { TrainingFolder } from "./trainingFolder.ts";

const folder = new TrainingFolder();

const bits = async (name: string) => (await folder.json(name, "run.json")).bits;
const cutAt = (step: number) => {
  const stop = new AbortController();
  const callback = { name: "cut", onStep: (record: { readonly step: number }) => record.step === step && stop.abort() };
  return { signal: stop.signal, callbacks: [callback] };
};

it.each([
  ["adamw", { optimiser: "adamw", lr: 1e-3, ema: 0.8, warmupEpochs: 0.5, warmup: "linear", mixup: 0.4 }],
  ["averaged", { averageFrom: 1, clipNorm: 0.01, labelSmoothing: 0.1, classWeights: "balanced", schedule: "step" }],
])("%s: a run that is cut in an epoch and resumed has the bits of an uninterrupted one", async (name, options) => {
  const visual = { variant: "+proto", visualPrompts: 1, augment: "paper", epochs: 3, microBatch: 3, ...options };
  await train(folder.config(name, visual));
  for (const step of [2, 3, 7]) {
    const cut = `${name}-${step}`;
    await expect(train(folder.config(cut, visual), cutAt(step))).rejects.toMatchObject({ code: "INTERRUPTED" });
    await train(folder.config(cut, { ...visual, resume: true }));
    expect(await bits(cut)).toEqual(await bits(name));
  }
  const replayed = await train(folder.config(`${name}-again`, { ...visual, replay: folder.file(name, "run.json") }));
  expect(replayed.sameBits).toBe(true);
});

it("checkpoints hold the average and say so; the resume file holds the prompts, too", async () => {
  await train(folder.config("ema", { ema: 0.5 }));
  const last = await readTensorFile(folder.file("ema", "last.safetensors"));
  const resume = await readTensorFile(folder.file("ema", "resume.safetensors"));
  expect(last.metadata.average).toBe("exponential moving average, decay 0.5");
  expect(last.tensors.get("text.context")).toEqual(resume.tensors.get("average.text.context"));
  expect(await readFile(folder.file("ema", "report.html"), "utf8")).toContain(
    "<td>exponential moving average, decay 0.5</td>",
  );
  expect(last.tensors.get("text.context")).not.toEqual(resume.tensors.get("text.context"));
});

it("--patience ends a run, which is finished and says why", async () => {
  const { endedEarly, steps, stopped } = await train(folder.config("patient", { epochs: 9, lr: 1e-12, patience: 2 }));
  expect(endedEarly).toBe("no better validation for 2 epochs");
  expect(stopped).toBeUndefined();
  const run = await folder.json("patient", "run.json");
  expect(run).toMatchObject({ finished: true, epochs: 3, steps, stopped: { by: "--patience", reason: endedEarly } });
  expect(run.bits.best).toEqual(expect.any(String));
  expect(await readFile(folder.file("patient", "report.html"), "utf8")).toContain(
    "<td>by --patience: no better validation for 2 epochs</td>",
  );
});

it("a run without these options names none of them", async () => {
  await train(folder.config("plain"));
  const { config } = await folder.json("plain", "run.json");
  expect(Object.keys(config)).not.toEqual(expect.arrayContaining(["optimiser"]));
  const { metadata } = await readTensorFile(folder.file("plain", "best.safetensors"));
  expect(metadata.average).toBeUndefined();
});
