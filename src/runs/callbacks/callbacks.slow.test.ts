/** Events that a training sends to its callbacks, and their control over the run. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import { train } from "../train/train.ts";
import type { TrainerCallback, TrainerEvents } from "./callbacks.ts";

const folder = new TrainingFolder();

/** Writes down every event. */
function recorder() {
  const events: [keyof TrainerEvents, TrainerEvents[keyof TrainerEvents]][] = [];
  const note = <E extends keyof TrainerEvents>(event: E) => ({
    [event]: (value: TrainerEvents[E]) => events.push([event, value]),
  });
  const callback: TrainerCallback = {
    name: "recorder",
    ...note("onRunStart"),
    ...note("onStep"),
    ...note("onEpochEnd"),
    ...note("onCheckpoint"),
    ...note("onRunEnd"),
  };
  return { callback, events, names: () => events.map(([name]) => name) };
}

it("reports the start, steps, epochs, checkpoints and the end, in order", async () => {
  const { callback, events, names } = recorder();
  const result = await train(folder.config("told", { epochs: 1 }), { callbacks: [callback] });
  expect(names()).toEqual([
    "onRunStart",
    ...Array.from({ length: 3 }, () => "onStep"),
    "onEpochEnd",
    "onCheckpoint",
    "onCheckpoint",
    "onRunEnd",
  ]);
  expect(events[0][1]).toMatchObject({ classes: ["circle", "cross", "square"], images: 12, steps: 3, stepsDone: 0 });
  expect(events[1][1]).toMatchObject({ step: 1, epoch: 0, lr: 0.032, images: 4, losses: { L_vt: expect.any(Number) } });
  expect(events[4][1]).toMatchObject({
    epoch: 0,
    step: 3,
    isBest: true,
    validation: { n: 6, accuracy: result.metrics?.accuracy },
  });
  expect(events[5][1]).toMatchObject({ kind: "best", path: folder.file("told", "best.safetensors"), step: 3 });
  expect(events[6][1]).toMatchObject({ kind: "last", path: folder.file("told", "last.safetensors"), step: 3 });
  expect(events[7][1]).toMatchObject({ status: "finished", step: 3, metrics: { accuracy: result.metrics?.accuracy } });
});

it("lets a callback stop the run, which resumes to the bits of an uninterrupted run", async () => {
  const atStepTwo: TrainerCallback = {
    name: "patience",
    onStep: ({ step }, control) => {
      if (step === 2) control.stop("seen enough");
    },
  };
  const { callback, events } = recorder();
  const stopped = await train(folder.config("stopped"), { callbacks: [atStepTwo, callback] });
  expect(stopped).toMatchObject({ steps: 2, stopped: { by: "patience", reason: "seen enough" } });
  expect(events.at(-1)?.[1]).toMatchObject({ status: "stopped", step: 2, reason: "seen enough" });
  const manifest = await folder.json("stopped", "run.json");
  expect(manifest).toMatchObject({ finished: false, steps: 2, stopped: { by: "patience", reason: "seen enough" } });
  const after = recorder();
  const resumed = await train(folder.config("stopped", { resume: true }), { callbacks: [after.callback] });
  expect(after.events[0][1]).toMatchObject({ stepsDone: 2, imagesSeen: 8 });
  expect(resumed.stopped).toBeUndefined();
  expect((await folder.json("stopped", "run.json")).stopped).toBeUndefined();
  await train(folder.config("whole"));
  const bytes = (name: string) => readFile(folder.file(name, "last.safetensors"));
  expect((await bytes("stopped")).equals(await bytes("whole"))).toBe(true);
});

it("completes the run if a callback throws, and names the callback", async () => {
  const notices: string[] = [];
  const broken: TrainerCallback = {
    name: "broken",
    onEpochEnd: () => {
      throw new Error("no room");
    },
  };
  const { callback, events } = recorder();
  const context = { callbacks: [broken, callback], notice: (line: string) => notices.push(line) };
  const result = await train(folder.config("broken"), context);
  expect(result.steps).toBe(6);
  expect(events.filter(([name]) => name === "onEpochEnd")).toHaveLength(2);
  expect(notices.filter((line) => line.includes("callback"))).toEqual([
    "the callback broken failed in onEpochEnd (no room): it is left out from here on, the run goes on",
  ]);
});

it("reports the end of an interrupted and of a failed run", async () => {
  const controller = new AbortController();
  const interrupted = recorder();
  const stop: TrainerCallback = { name: "user", onStep: () => controller.abort() };
  const context = { callbacks: [stop, interrupted.callback], signal: controller.signal };
  await expect(train(folder.config("cut"), context)).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(interrupted.events.at(-1)?.[1]).toMatchObject({ status: "interrupted", step: 1 });
  const failed = recorder();
  const config = folder.config("failed", { lr: 1e38 });
  await expect(train(config, { callbacks: [failed.callback] })).rejects.toMatchObject({ code: "NUMERIC" });
  expect(failed.events.at(-1)?.[1]).toMatchObject({ status: "failed", reason: expect.stringContaining("not finite") });
});

it("survives an unawaited rejection in a callback, but not one from elsewhere", async () => {
  const list = pathToFileURL(join(import.meta.dirname, "callbacks.ts"));
  const script = `
    import { setTimeout as wait } from "node:timers/promises";
    import { CallbackList } from "${list}";
    const late = async (ms) => { await wait(ms); throw new Error("no room"); };
    const heard = [];
    const careless = { name: "careless", onStep: () => void (late(5), late(10)), onEpochEnd: () => heard.push("epoch") };
    const callbacks = new CallbackList([careless], (line) => console.log(line));
    await callbacks.tell("onStep", {});
    await wait(50);
    await callbacks.tell("onEpochEnd", {});
    console.log("goes on", heard.length);
    process.on("uncaughtException", (error) => { console.log("ends:", error.message); process.exit(3); });
    void Promise.reject(new Error("nobody's"));`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm")).href;
  const child = spawnSync(process.execPath, ["--import", tsx, "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect(child.stdout.split("\n")).toEqual([
    "the callback careless failed in onStep (no room): it is left out from here on, the run goes on",
    "goes on 0",
    "ends: nobody's",
    "",
  ]);
  expect(child.status).toBe(3);
});
