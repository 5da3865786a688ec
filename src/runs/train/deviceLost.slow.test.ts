/** A graphics device that is lost in the middle of a training, by a runtime whose runs fail as a real one's do. */
import { readFile } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import { train } from "./train.ts";

/** Runs of training sessions until the device is lost. */
const device = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock("onnxruntime-node", async (original) => {
  const runtime = await original<typeof import("onnxruntime-node")>();
  type Create = (typeof runtime.InferenceSession)["create"];
  const create = async (...args: Parameters<Create>) => {
    const session = await runtime.InferenceSession.create(...args);
    const { run } = session;
    const isStep = session.outputNames.includes("L_vt");
    const fails = async (...given: Parameters<typeof run>) => {
      if (isStep) device.left -= 1;
      // From then on every session fails, not only that of the step.
      if (device.left < 0) throw new Error("WebGPU device lost (1): the driver was reset");
      return Reflect.apply(run, session, given);
    };
    return Object.assign(session, { run: fails });
  };
  return { ...runtime, InferenceSession: { create } };
});

const folder = new TrainingFolder();

it("keeps the last step, says so in one line, and goes on to the same bits", async () => {
  await train(folder.config("whole"));
  device.left = 4;
  const failed = train(folder.config("lost"));
  await expect(failed).rejects.toMatchObject({ code: "RUNTIME", exitCode: 1 });
  const { message } = await failed.catch((error) => error);
  expect(message).toBe(
    `the graphics device of cpu was lost, stopped at step 5 (${folder.file("lost")} holds step 4). Fix: look for a fault or a restart of its driver, then run again; go on with --resume`,
  );
  device.left = Number.POSITIVE_INFINITY;
  expect(await train(folder.config("lost", { resume: true }))).toMatchObject({ steps: 6 });
  const tensors = (name: string) => readFile(folder.file(name, "last.safetensors"));
  expect(await tensors("lost")).toEqual(await tensors("whole"));
});

it("leaves the folder to a new run where not one step was made", async () => {
  device.left = 0;
  const failed = train(folder.config("first"));
  await expect(failed).rejects.toThrow(
    /was lost, stopped at step 1 \(nothing was learned yet\)\. Fix: look for a fault/,
  );
  device.left = Number.POSITIVE_INFINITY;
  expect(await train(folder.config("first", { maxSteps: 1 }))).toMatchObject({ steps: 1 });
});
