import { describe, expect, it } from "vitest";
import type { FacePrediction } from "./recognizer.ts";
import { FaceFollower, smoothingWeight, unsmoothed } from "./smooth.ts";

const face = (joy: number, x = 0): FacePrediction => ({
  box: [x, 0, 40, 40],
  label: joy > 0.5 ? "joy" : "calm",
  score: Math.max(joy, 1 - joy),
  confident: true,
  probabilities: { joy, calm: 1 - joy },
});
/** Seconds after which a new value has half the weight, for a time constant of 1. */
const half = Math.log(2);

/** Label and probability of joy of one face over time. */
function read(values: readonly number[], every: number, smoothing?: number): readonly (readonly [string, number])[] {
  const follower = new FaceFollower(smoothing === undefined ? {} : { smoothing });
  return values.map((joy, i) => {
    const [seen] = follower.next(i * every, [face(joy)]);
    return [seen.label, Math.round(1e4 * seen.probabilities.joy) / 1e4];
  });
}

describe("smoothed probabilities", () => {
  it("begin with the first value and go half the way in ln 2 time constants", () => {
    expect(read([1, 0, 0, 0], half, 1)).toEqual([
      ["joy", 1],
      // as probable as calm: the label stays
      ["joy", 0.5],
      ["calm", 0.25],
      ["calm", 0.125],
    ]);
  });

  it("do not depend on how often a face is looked at", () => {
    const seldom = read([1, 0, 0], 0.4, 0.5);
    const often = read([1, 0, 0, 0, 0], 0.2, 0.5);
    expect(seldom[2][1]).toBeCloseTo(often[4][1], 4);
    expect(smoothingWeight(0.5, 0.5)).toBeCloseTo(1 - 1 / Math.E, 10);
  });

  it("keep the raw ones, their sum and the score of the label", () => {
    const follower = new FaceFollower({ smoothing: 1 });
    follower.next(0, [face(0.9)]);
    const [seen] = follower.next(half, [face(0.3)]);
    expect(seen.rawProbabilities).toEqual({ joy: 0.3, calm: 0.7 });
    expect(seen.probabilities.joy).toBeCloseTo(0.6, 10);
    expect(seen.probabilities.joy + seen.probabilities.calm).toBeCloseTo(1, 10);
    expect(seen).toMatchObject({ track: 1, label: "joy", score: seen.probabilities.joy });
  });

  it("give way to the raw ones on request, with their label and whether it is confident", () => {
    const follower = new FaceFollower({ smoothing: 1 });
    follower.next(0, [face(0.9)]);
    const [seen] = follower.next(half, [face(0.3, 2)]);
    const raw = { label: "calm", score: 0.7, probabilities: { joy: 0.3, calm: 0.7 }, box: [2, 0, 40, 40], track: 1 };
    expect(seen.label).toBe("joy");
    expect(unsmoothed(seen, 0.7)).toMatchObject({ ...raw, confident: true });
    expect(unsmoothed(seen, 0.71)).toMatchObject({ ...raw, confident: false });
  });

  it("decide whether the answer is confident, whatever the frame alone says", () => {
    const unsureBelow = 0.8;
    const follower = new FaceFollower({ smoothing: 1, unsureBelow });
    const seen = [1, 0.6, 0.6, 0.9, 0.9].map(
      (joy, i) => follower.next(i * half, [{ ...face(joy), confident: joy >= unsureBelow }])[0],
    );
    // 1, 0.8, 0.7, 0.8, 0.85
    expect(seen.map(({ score }) => Math.round(1e4 * score) / 1e4)).toEqual([1, 0.8, 0.7, 0.8, 0.85]);
    expect(seen.filter((_, i) => i !== 1 && i !== 3).map(({ confident }) => confident)).toEqual([true, false, true]);
  });

  it("are the raw ones with a time constant of 0", () => {
    expect(read([0.9, 0.48, 0.52], 0.2, 0)).toEqual([
      ["joy", 0.9],
      ["calm", 0.48],
      ["joy", 0.52],
    ]);
  });

  it("belong to a face, not to its place in the list", () => {
    const follower = new FaceFollower({ smoothing: 1 });
    follower.next(0, [face(1, 0), face(0, 300)]);
    const seen = follower.next(half, [face(0, 300), face(0, 0)]);
    expect(seen.map(({ track }) => track)).toEqual([2, 1]);
    expect(seen.map(({ probabilities }) => probabilities.joy)).toEqual([0, expect.closeTo(0.5, 10)]);
  });
});

it("a label stays until another class is more probable by a tenth", () => {
  const labels = (values: readonly number[]) => read(values, 1, 0.05).map(([label]) => label);
  expect(labels([0.51, 0.46, 0.51, 0.46])).toEqual(["joy", "joy", "joy", "joy"]);
  expect(labels([0.51, 0.44, 0.54, 0.56])).toEqual(["joy", "calm", "calm", "joy"]);
});
