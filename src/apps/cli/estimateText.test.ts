import { describe, expect, it, test } from "vitest";
import { rowLabel } from "../../runs/protocols/table.ts";
import { ablationLines, benchLines, bytes, commandWith, trainingLines } from "./estimateText.ts";

const memory = { microBatch: 2, poolSize: 2, bytes: 3.9e9, limit: 11e9, byMicroBatch: [] };
const training = {
  ...{ images: 12_271, epochs: 120, batchSize: 32, steps: 46_080, validImages: 3068, featureImages: 12_271 },
  stepsDone: 0,
  left: { steps: 46_080, images: 1_472_520, validations: 120 },
  rates: { stepSeconds: 12, imageSeconds: 0.2, timedSteps: 3 },
  seconds: { features: 2454.2, steps: 552_195, validation: 73_632, total: 628_281.2 },
  ...{ memory, diskBytes: 3_506_694, provider: "cpu" },
};

describe("a training", () => {
  it("is told with its time, its parts, and what would take less", () => {
    const lines = trainingLines(training, { commands: ["mpa-fer train --provider webgpu"] });
    expect(lines).toEqual([
      "training: 12,271 images, 120 epochs, 46,080 steps of 32",
      "validation: 120 times 3,068 images",
      "before the first step: features of 12,271 images",
      "expected time: 7 d 7 h (features 41 min, steps 6 d 9 h, validation 20 h 27 min), from 3 timed steps at 2.67 images/s",
      "memory: about 3.9 GB (2 images a run, 2 at a time); --memory allows 11.0 GB",
      "disk: about 4 MB",
      "more than two hours on the processor; a graphics adapter is here (npx mpa-fer doctor times it): mpa-fer train --provider webgpu",
      // 40 · (12,271 / 32 · 12 + 3,068 · 0.2) + 2,454 seconds
      "shorter: --epochs 40 takes 2 d 11 h",
      "more machines: --redis URL shares the work with every npx mpa-fer worker (docs/scaling.md); the result has the same bits",
    ]);
  });

  it("has no advice where it is short", () => {
    const seconds = { features: 0, steps: 60, validation: 0, total: 60 };
    const lines = trainingLines({ ...training, featureImages: 0, seconds }, { commands: [] });
    expect(lines.slice(2)).toEqual([
      "expected time: 60 s (steps 60 s), from 3 timed steps at 2.67 images/s",
      expect.stringContaining("memory"),
      "disk: about 4 MB",
    ]);
  });

  it("has the steps left of a resumed run, and no time that was not measured", () => {
    const { rates: _, seconds: __, ...untimed } = training;
    const left = { steps: 80, images: 2560, validations: 1 };
    const lines = trainingLines({ ...untimed, stepsDone: 46_000, left }, { commands: [] });
    expect(lines[0]).toBe("training: 12,271 images, 120 epochs, 46,080 steps of 32, 80 left");
    expect(lines[1]).toBe("validation: 1 time 3,068 images");
    expect(lines[3]).toBe("expected time: the progress line shows it from the first steps on");
  });
});

test("an ablation is told by row", () => {
  const row = { images: 100, epochs: 3, steps: 12 };
  const rows = [
    { name: "coop", cellsLeft: 0, ...row },
    { name: "mpa", cellsLeft: 1, ...row, cellSeconds: 50, seconds: 55 },
  ];
  const amounts = { cells: 4, cellsDone: 3, steps: 12, featureImages: 100, scoredImages: 40, seconds: 55 };
  expect(ablationLines({ ...amounts, rows, memory, diskBytes: 900, provider: "cpu" }, { commands: [] })).toEqual([
    "trainings: 4 (2 rows), 3 of them finished; 12 steps left",
    "  mpa: 1 training of 100 images, 3 epochs, 55 s",
    "features of 100 images, computed once for all trainings",
    "scoring: 40 images",
    "expected time: 55 s, from timed steps of each kind of row, in this process alone",
    "memory: about 3.9 GB (2 images a run, 2 at a time); --memory allows 11.0 GB",
    "disk: about 1 kB",
  ]);
  const few = rows.map((each) => ({ ...each, name: "1" }));
  const label = (row: string) => rowLabel("few-shot", row);
  expect(
    ablationLines({ ...amounts, rows: few, memory, diskBytes: 900, provider: "cpu" }, { commands: [] }, label),
  ).toContain("  1 image a class: 1 training of 100 images, 3 epochs, 55 s");
  const untimed = ["zero-shot", "linear-probe"];
  expect(
    ablationLines({ ...amounts, rows, untimed, memory, diskBytes: 900, provider: "cpu" }, { commands: [] }),
  ).toContain("not in these figures: zero-shot, linear-probe, which are not timed");
});

test("the call with another provider can be pasted into a shell", () => {
  const call = ["train", "--data", "my faces", "--estimate", "--provider", "cpu", "--dataset=folder"];
  expect(commandWith(call, "webgpu")).toBe("npx mpa-fer train --data 'my faces' --dataset=folder --provider webgpu");
  expect(commandWith(["train", "--provider=cpu", "--data", "it's"], "cuda")).toBe(
    "npx mpa-fer train --data 'it'\\''s' --provider cuda",
  );
});

test.each([
  [999, "1 kB"],
  [1_500_000, "2 MB"],
  [2_340_000_000, "2.3 GB"],
])("%d bytes are %s", (count, text) => {
  expect(bytes(count)).toBe(text);
});

it("tells what a benchmark takes by kind of work, and what makes a long one shorter", () => {
  const work = { steps: 11, seconds: 300, bytes: 2.2e9 };
  const short = { train: work, seconds: 300, batch: 32, timedImages: 4, provider: "cpu" };
  expect(benchLines(short, { commands: [] })).toEqual([
    "training: 11 steps, expected time 5 min, memory about 2.2 GB",
    "expected time: 5 min, from a timed step of each with 4 images",
  ]);
  const long = { ...short, predict: { ...work, seconds: 301, bytes: 4e7 }, seconds: 601 };
  expect(benchLines(long, { commands: ["mpa-fer bench --provider webgpu"] }).slice(1)).toEqual([
    "prediction: 11 steps, expected time 5 min, memory about 40 MB",
    "expected time: 10 min, from a timed step of each with 4 images",
    "more than two hours on the processor; a graphics adapter is here (npx mpa-fer doctor times it): mpa-fer bench --provider webgpu",
    "shorter: fewer --steps, or a smaller --batch-size",
  ]);
});
