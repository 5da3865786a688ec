import { describe, expect, it } from "vitest";
import { expectedSeconds, featureBytes, left, nothingDone, runBytes, secondsOfCells } from "./expectation.ts";

// RAF-DB: 12,271 images are 383 whole batches of 32 and one of 15.
const rafdb = {
  images: 12_271,
  batchSize: 32,
  epochs: 120,
  steps: 120 * 384,
  validImages: 3068,
  featureImages: 12_271,
};

describe("what is left", () => {
  it("is everything of a new training", () => {
    expect(left(rafdb, nothingDone)).toEqual({ steps: 46_080, images: 1_472_520, validations: 120 });
  });

  it("is less by what a resumed training has done", () => {
    // two epochs and ten batches
    expect(left(rafdb, { step: 778, epoch: 2, images: 320 })).toEqual({
      steps: 45_302,
      images: 1_472_520 - 2 * 12_271 - 320,
      validations: 118,
    });
  });

  it("ends with the last step of --max-steps", () => {
    // one whole epoch of 384 steps, then 16 of 32 images
    expect(left({ ...rafdb, steps: 400 }, nothingDone)).toEqual({ steps: 400, images: 12_271 + 512, validations: 2 });
  });

  it("is nothing of a finished training", () => {
    const done = { step: 46_080, epoch: 120, images: 0 };
    expect(left(rafdb, done)).toEqual({ steps: 0, images: 0, validations: 0 });
  });
});

describe("expected seconds", () => {
  const rates = { stepSeconds: 12, imageSeconds: 0.2, timedSteps: 3 };

  it("count features once, steps by images and every validation", () => {
    const expected = expectedSeconds(rafdb, left(rafdb, nothingDone), rates);
    expect(expected.features).toBeCloseTo(2454.2, 6);
    expect(expected.steps).toBeCloseTo(552_195, 6); // 1,472,520 / 32 · 12
    expect(expected.validation).toBeCloseTo(73_632, 6); // 120 · 3,068 · 0.2
    expect(expected.total).toBeCloseTo(628_281.2, 6);
  });

  it("leave validation out where it runs on features", () => {
    expect(expectedSeconds(rafdb, left(rafdb, nothingDone), rates, false).validation).toBe(0);
  });
});

describe("seconds of cells", () => {
  const cells = [
    { row: "a", seconds: 100 },
    { row: "b", seconds: 200 },
  ];

  it("are their estimates before a cell is measured", () => {
    expect(secondsOfCells(cells, new Map())).toBe(300);
  });

  it("are the mean of the row's measured cells, and corrected estimates of other rows", () => {
    const estimates = new Map([
      ["a", 100],
      ["b", 200],
    ]);
    // measured 120 and 180 where 100 was expected: 1.5 times as long
    expect(secondsOfCells(cells, new Map([["a", [120, 180]]]), estimates)).toBe(150 + 300);
  });

  it("are the mean of all measured cells without estimates, and unknown without either", () => {
    const plain = [{ row: "a" }, { row: "b" }];
    expect(secondsOfCells(plain, new Map([["a", [10, 30]]]))).toBe(40);
    expect(secondsOfCells(plain, new Map())).toBeUndefined();
    expect(secondsOfCells([], new Map())).toBe(0);
  });
});

it("counts the bytes of checkpoints, records and kept features", () => {
  const sizes = { parameters: 1000, classes: 7, width: 512, hasPrototypes: true, validImages: 0 };
  const records = { steps: 0, epochs: 0 };
  const empty = runBytes({ ...sizes, records, hasPrototypes: false });
  // prototypes [7, 512] in two checkpoints
  expect(runBytes({ ...sizes, records }) - empty).toBe(2 * 4 * 7 * 512);
  // two checkpoints, and the resume file with momentum
  expect(runBytes({ ...sizes, records, parameters: 2000 }) - runBytes({ ...sizes, records })).toBe(16_000);
  expect(featureBytes(10, 512)).toBe(4 * 10 * 513);
});
