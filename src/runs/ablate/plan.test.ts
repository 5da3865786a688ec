import { expect, it } from "vitest";
import type { ProgressWork } from "../../platform/context.ts";
import { AblationPlan } from "./plan.ts";

const cells = [{ row: "a" }, { row: "a" }, { row: "b" }];
const row = (name: string, cellSeconds: number) => ({
  ...{ name, cellSeconds, cellsLeft: 1, steps: 1, epochs: 1, images: 1 },
});
const estimate = { rows: [row("a", 100), row("b", 300)] };

it("counts down the cell in work and adds the later ones", () => {
  let now = 0;
  const plan = new AblationPlan(cells, estimate, () => now);
  plan.begin();
  expect(plan.left()).toBe(500);
  now = 40;
  expect(plan.left()).toBe(460);
  // the training itself knows better
  expect(plan.left(80)).toBe(480);
  now = 50;
  expect(plan.left()).toBe(470);
});

it("takes measured cells for the rest of their row, and corrects the estimates of others by them", () => {
  const plan = new AblationPlan(cells, estimate, () => 0);
  plan.begin();
  plan.end("a", 200);
  plan.begin();
  // as long as the first, and twice 300
  expect(plan.left()).toBe(800);
  plan.end("a", 200);
  plan.begin();
  plan.end("b", 500);
  expect(plan.left()).toBe(0);
});

it("knows nothing before the first cell is measured or estimated", () => {
  const plan = new AblationPlan(cells, undefined, () => 0);
  plan.begin();
  expect(plan.left()).toBeUndefined();
  plan.end("a", 10);
  plan.begin();
  expect(plan.left()).toBe(20);
});

it("adds its time to that of every task", () => {
  const plan = new AblationPlan(cells, estimate, () => 0);
  plan.begin();
  let started: ProgressWork | undefined;
  const nothing = () => undefined;
  const inner = {
    start: (task: ProgressWork) => {
      started = task;
      return { update: nothing, note: nothing, finish: nothing };
    },
  };
  plan.reporter(inner).start({ label: "training", total: 1, unit: "images", left: () => ({ task: 30 }) });
  expect(started?.left?.()).toEqual({ task: 30, plan: 430 });
});
