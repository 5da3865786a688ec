import { expect, it } from "vitest";
import { bestRow, dateOf, groupRuns, matches } from "./groups.ts";
import type { RunSummary } from "./runs.ts";

const run = (name: string, seed: number, accuracy?: number, lr = 0.01): RunSummary => ({
  ...{ name, seed, lr, variant: "mpa", dataset: "ferplus", backbone: "faceclip-mini" },
  settings: `${name.replace(/-?\d+$/, "")} ${lr}`,
  ...{ finished: true, steps: 4, epochs: 2, report: false },
  ...(accuracy !== undefined && {
    metrics: {
      accuracy,
      uar: accuracy / 2,
      ece: 0.1,
      n: 8,
      classes: ["fear"],
      perClass: { fear: { recall: 1, support: 8 } },
    },
  }),
});
const runs = [
  run("first", 1, 0.5),
  run("table/all-1", 1, 0.7),
  run("table/all-2", 2, 0.8),
  run("table/none-1", 1, 0.6),
  run("table/none-2", 2),
  run("table/started-1", 1),
];

it("groups by folder, and joins runs that differ in their seed only", () => {
  const groups = groupRuns(runs, { by: "accuracy", isDescending: true });
  expect(groups.map(({ folder, rows }) => [folder, rows.map(({ name, runs }) => [name, runs.length])])).toEqual([
    ["", [["first", 1]]],
    [
      "table",
      [
        ["all", 2],
        ["none", 2],
        ["started-1", 1],
      ],
    ],
  ]);
  const [all, none] = groups[1].rows;
  expect(all.accuracy?.mean).toBeCloseTo(0.75, 12);
  expect(all.accuracy?.sd).toBeCloseTo(Math.sqrt(0.005), 12);
  expect(none.accuracy).toEqual({ mean: 0.6 });
});

it("keeps runs apart that differ in more than their seed", () => {
  const two = [run("a-1", 1, 0.5), run("a-2", 2, 0.6, 0.1)];
  expect(groupRuns(two, { by: "name", isDescending: false })[0].rows.map(({ name }) => name)).toEqual(["a-1", "a-2"]);
});

it("takes seeds from the records, whatever the runs are called, and no seed twice into a row", () => {
  const rowsOf = (all: readonly RunSummary[]) =>
    groupRuns(all, { by: "name", isDescending: false })[0].rows.map(({ name, runs: own }) => [name, own.length]);
  const same = { settings: "same" };
  expect(
    rowsOf([
      { ...run("monday", 1, 0.5), ...same },
      { ...run("tuesday", 2, 0.6), ...same },
    ]),
  ).toEqual([["monday, tuesday", 2]]);
  expect(
    rowsOf([
      { ...run("monday", 1, 0.5), ...same },
      { ...run("tuesday", 1, 0.6), ...same },
    ]),
  ).toEqual([
    ["monday", 1],
    ["tuesday", 1],
  ]);
});

it("dates a run by its start, and an older record by its file", () => {
  const changed = "2026-03-01T00:00:00.000Z";
  const startedAt = "2026-02-01T00:00:00.000Z";
  expect(dateOf({ ...run("a", 1), changed, startedAt })).toBe(startedAt);
  expect([dateOf({ ...run("a", 1), changed }), dateOf(run("a", 1))]).toEqual([changed, ""]);
});

it("sorts by name as people count, and rows without a value last", () => {
  const many = [run("run-b10", 0, 0.1), run("run-b9", 0, 0.3), run("run-a", 0)];
  const names = (by: "name" | "accuracy", isDescending: boolean) =>
    groupRuns(many, { by, isDescending })[0].rows.map(({ name }) => name);
  expect(names("name", false)).toEqual(["run-a", "run-b9", "run-b10"]);
  expect(names("accuracy", false)).toEqual(["run-b10", "run-b9", "run-a"]);
  expect(names("accuracy", true)).toEqual(["run-b9", "run-b10", "run-a"]);
});

it("marks the best of several rows, and none where two are equal", () => {
  const [, table] = groupRuns(runs, { by: "name", isDescending: false });
  expect(bestRow(table)?.name).toBe("all");
  expect(bestRow({ folder: "", rows: table.rows.slice(0, 1) })).toBeUndefined();
  const equal = groupRuns([run("x", 1, 0.5), run("y", 1, 0.5)], { by: "name", isDescending: false })[0];
  expect(bestRow(equal)).toBeUndefined();
});

it("does not mark runs that chose their epoch on the test split", () => {
  const own = [run("x", 1, 0.5), run("y", 1, 0.6), { ...run("z", 1, 0.9), protocol: "paper protocol" }];
  expect(bestRow(groupRuns(own, { by: "name", isDescending: false })[0])?.name).toBe("y");
});

it("filters by words", () => {
  expect(runs.filter((each) => matches(each, "TABLE none")).map(({ name }) => name)).toEqual([
    "table/none-1",
    "table/none-2",
  ]);
  expect(runs.filter((each) => matches(each, "")).length).toBe(runs.length);
});
