import { expect, it } from "vitest";
import type { ProgressWork } from "../../platform/context.ts";
import { progressCallback } from "./progress.ts";

const validation = { accuracy: 0.5, uar: 0.5, classes: [], perClass: {}, confusion: [], ece: 0, n: 1 };
const control = { stop: () => undefined };

function started(stepsDone: number, imagesSeen: number) {
  let now = 100;
  const tasks: ProgressWork[] = [];
  const nothing = () => undefined;
  const progress = {
    start: (task: ProgressWork) => {
      tasks.push(task);
      return { update: nothing, note: nothing, finish: nothing };
    },
  };
  const callback = progressCallback(progress, () => now);
  callback.onRunStart?.(
    {
      ...{ out: "", config: { epochs: 3, batchSize: 4, paperProtocol: false }, backbone: { name: "", sha256: "" } },
      ...{ classes: [], images: 10, steps: 9, stepsDone, imagesSeen },
    },
    control,
  );
  return {
    task: tasks[0],
    step: (seconds: number) => {
      now += seconds;
      callback.onStep?.({ step: 1, epoch: 0, lr: 1, images: 4, losses: {} }, control);
    },
    epoch: (seconds: number) => {
      now += seconds;
      callback.onEpochEnd?.({ epoch: 0, step: 3, losses: {}, validation, isBest: true }, control);
    },
  };
}

it("tells the time left of steps and validations from their means", () => {
  const { task, step, epoch } = started(0, 0);
  expect(task).toMatchObject({ label: "training", total: 30, done: 0 });
  expect(task.left?.()).toEqual({ task: undefined });
  step(2);
  expect(task.left?.()).toEqual({ task: 16 });
  step(4);
  step(3);
  // six steps of three seconds; how long a validation takes is not known yet
  expect(task.left?.()).toEqual({ task: 18 });
  epoch(10);
  expect(task.left?.()).toEqual({ task: 18 + 20 });
});

it("counts only what a resumed training has left", () => {
  const { task, step } = started(6, 20);
  expect(task).toMatchObject({ total: 30, done: 20 });
  step(5);
  expect(task.left?.()).toEqual({ task: 10 });
});
