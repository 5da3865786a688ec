import { expect, it } from "vitest";
import { CallbackList, type TrainerCallback } from "./callbacks.ts";

const step = (number: number) => ({ step: number, epoch: 0, lr: 0.1, images: 4, losses: { L_vt: 2 } });

it("calls handlers in order and awaits each", async () => {
  const heard: string[] = [];
  const listener = (name: string): TrainerCallback => ({
    name,
    onStep: async ({ step }) => {
      await new Promise((resolve) => setImmediate(resolve));
      heard.push(`${name} ${step}`);
    },
  });
  const list = new CallbackList([listener("a"), { name: "deaf" }, listener("b")]);
  await list.tell("onStep", step(1));
  await list.tell("onCheckpoint", { kind: "last", path: "last.safetensors", step: 1 });
  expect(heard).toEqual(["a 1", "b 1"]);
});

it("preserves `this` of a class instance", async () => {
  class Counter implements TrainerCallback {
    readonly name = "counter";
    steps = 0;
    onStep() {
      this.steps++;
    }
  }
  const counter = new Counter();
  const list = new CallbackList([counter]);
  await list.tell("onStep", step(1));
  await list.tell("onStep", step(2));
  expect(counter.steps).toBe(2);
});

it("disables a failing callback, reports it once, and calls the others", async () => {
  const notices: string[] = [];
  let heard = 0;
  const list = new CallbackList(
    [
      { name: "broken", onStep: () => Promise.reject(new Error("no\nspace")) },
      { name: "sound", onStep: () => heard++ },
    ],
    (line) => notices.push(line),
  );
  await list.tell("onStep", step(1));
  await list.tell("onStep", step(2));
  expect(heard).toBe(2);
  expect(notices).toEqual([
    "the callback broken failed in onStep (no space): it is left out from here on, the run goes on",
  ]);
});

it("keeps the first stop request", async () => {
  const stopper = (name: string): TrainerCallback => ({
    name,
    onStep: (_, control) => control.stop(`${name}'s reason`),
  });
  const list = new CallbackList([stopper("first"), stopper("second")]);
  expect(list.signal.aborted).toBe(false);
  await list.tell("onStep", step(1));
  expect(list.signal.aborted).toBe(true);
  expect(list.stop).toEqual({ by: "first", reason: "first's reason" });
});
