import { describe, expect, test } from "vitest";
import { createProgress, duration, type ProgressOptions, progressLine, summaryLine } from "./progress.ts";

const plain = (text: string) => text;
const standing = {
  label: "epoch 3/120",
  unit: "images",
  done: 200,
  total: 400,
  seconds: 10,
  fields: { L_total: 2.34567, L_vt: 1.5, step: 7 },
};

describe("a line", () => {
  test("shows bar, percent, speed, loss terms and time left", () => {
    expect(progressLine(standing, 120, plain)).toBe(
      "epoch 3/120 [############------------]  50% 20.0 images/s L_total 2.346 L_vt 1.500 step 7 ETA 0:10",
    );
  });

  test("colours only the filled part of the bar", () => {
    const line = progressLine({ ...standing, fields: {} }, 60, (text) => `<${text}>`);
    expect(line).toBe("epoch 3/120 [<#########>---------]  50% 20.0 images/s ETA 0:10");
    expect(line.replace(/[<>]/g, "")).toHaveLength(60);
  });

  test("drops the last fields, then the time left, the speed and the bar on narrow terminals", () => {
    const at = (columns: number) => progressLine(standing, columns, plain);
    expect(at(72)).toBe("epoch 3/120 [########--------]  50% 20.0 images/s L_total 2.346 ETA 0:10");
    expect(at(60)).toBe("epoch 3/120 [#########---------]  50% 20.0 images/s ETA 0:10");
    expect(at(45)).toBe("epoch 3/120 [######------]  50% 20.0 images/s");
    expect(at(30)).toBe("epoch 3/120 [#####------]  50%");
    expect(at(20)).toBe("epoch 3/120 50%");
    expect(at(5)).toBe("epoch");
    expect(at(0)).toBe("");
  });

  test("takes speed and time left from its own units, not from those done before it started", () => {
    const resumed = { ...standing, before: 100, fields: {} };
    expect(progressLine(resumed, 80, plain)).toMatch(/ 50% 10\.0 images\/s ETA 0:20$/);
    expect(summaryLine(resumed)).toBe("epoch 3/120: 100 images in 0:10, 10.0 images/s");
    expect(summaryLine({ ...resumed, done: resumed.before })).toBe("epoch 3/120: 0 images in 0:10");
  });

  test("shows the time left that it is told, of the task and of the whole plan", () => {
    const told = { ...standing, fields: {}, left: { task: 65, plan: 3725 } };
    expect(progressLine(told, 80, plain)).toMatch(/ 20\.0 images\/s ETA 1:05 all 1:02:05$/);
    expect(progressLine(told, 52, plain)).toMatch(/ 20\.0 images\/s all 1:02:05$/);
    expect(progressLine({ ...told, done: 0 }, 80, plain)).toMatch(/ {3}0% ETA 1:05 all 1:02:05$/);
  });

  test("is never wider than the terminal", () => {
    for (let columns = 0; columns < 140; columns++) {
      expect(progressLine(standing, columns, plain).length).toBeLessThanOrEqual(columns);
    }
  });

  test("has no speed before it can be measured", () => {
    expect(progressLine({ ...standing, done: 0, seconds: 0, fields: {} }, 50, plain)).toBe(
      "epoch 3/120 [------------------------]   0%",
    );
    expect(progressLine({ ...standing, total: 0, done: 0, fields: {} }, 50, plain)).toBe(
      "epoch 3/120 [########################] 100%",
    );
  });
});

test("a summary says what was done, how fast, and the fields", () => {
  expect(summaryLine(standing)).toBe(
    "epoch 3/120: 200 images in 0:10, 20.0 images/s, L_total 2.346, L_vt 1.500, step 7",
  );
});

test.each([
  [0, "0:00"],
  [3.4, "0:03"],
  [59.6, "1:00"],
  [3725, "1:02:05"],
  [360000, "100:00:00"],
])("%d s are %s", (seconds, text) => expect(duration(seconds)).toBe(text));

function record(options: Partial<ProgressOptions> = {}) {
  const written: string[] = [];
  const time = { now: 0 };
  const progress = createProgress({
    write: (text) => written.push(text),
    isTerminal: true,
    isQuiet: false,
    hasColour: false,
    columns: () => 61,
    clock: () => time.now,
    ...options,
  });
  return { progress, time, written };
}

const work = { label: "training", total: 100, unit: "images" };
const clear = "\r\u001b[K";

describe("on a terminal", () => {
  test("redraws one line at most ten times a second, and ends with a line of its own", () => {
    const { progress, time, written } = record();
    const task = progress.start(work);
    time.now = 1000;
    task.update(10, { L_vt: 2 });
    time.now = 1099;
    task.update(11);
    time.now = 1100;
    task.update(20);
    time.now = 5000;
    task.update(100, { L_vt: 1.25 });
    task.finish();
    expect(written).toEqual([
      `${clear}training [#-------------]  10% 10.0 images/s L_vt 2 ETA 0:09`,
      `${clear}training [##------------]  20% 18.2 images/s L_vt 2 ETA 0:04`,
      `${clear}training [###################] 100% 20.0 images/s L_vt 1.250`,
      clear,
      "training: 100 images in 0:05, 20.0 images/s, L_vt 1.250\n",
    ]);
  });

  test("puts a note above the bar and draws again below", () => {
    const { progress, time, written } = record();
    const task = progress.start(work);
    task.update(0);
    task.note("a\u001b[2Jb.png: unreadable, skipped");
    time.now = 200;
    task.update(0);
    task.finish("done");
    const bar = `${clear}training [------------------------]   0%`;
    expect(written).toEqual([bar, clear, "a\\u001b[2Jb.png: unreadable, skipped\n", bar, clear, "done\n"]);
  });

  test("is empty after clear, which writes only if there is a bar", () => {
    const { progress, written } = record();
    progress.clear();
    expect(written).toEqual([]);
    progress.start(work).update(1);
    progress.clear();
    progress.clear();
    expect(written.slice(1)).toEqual([clear]);
  });

  test("uses green if colours are supported", () => {
    const { progress, time, written } = record({ hasColour: true, columns: () => 40 });
    const task = progress.start(work);
    time.now = 1000;
    task.update(50, {});
    expect(written).toEqual([`${clear}training [\u001b[32m####\u001b[39m-----]  50% 50.0 images/s`]);
  });
});

test("elsewhere only finished work and notes print a line, without control sequences", () => {
  const { progress, time, written } = record({ isTerminal: false });
  const task = progress.start({ ...work, label: "epoch 1/2" });
  for (time.now = 0; time.now < 5000; time.now += 100) task.update(time.now / 50, { L_vt: 0.5 });
  progress.note("checkpoint written");
  task.finish();
  expect(written).toEqual(["checkpoint written\n", "epoch 1/2: 98 images in 0:05, 19.6 images/s, L_vt 0.5000\n"]);
});

test("quiet prints only warnings", () => {
  const { progress, written } = record({ isQuiet: true });
  const task = progress.start(work);
  task.update(50);
  task.note("note");
  progress.note("note");
  task.finish("done");
  progress.warn("2 files were passed over");
  progress.clear();
  expect(written).toEqual(["2 files were passed over\n"]);
});
