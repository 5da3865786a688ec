import { expect, it } from "vitest";
import type { TrackedFace } from "./smooth.ts";
import {
  expressionsOf,
  meanOf,
  personsOf,
  runsOf,
  scenesOf,
  secondsSeen,
  spansOf,
  type TimelineFrame,
} from "./timeline.ts";

const face = (track: number, joy: number): TrackedFace => ({
  ...{
    track,
    box: [0, 0, 10, 10],
    label: joy > 0.5 ? "joy" : "calm",
    score: Math.max(joy, 1 - joy),
    confident: Math.max(joy, 1 - joy) >= 0.65,
  },
  probabilities: { joy, calm: 1 - joy },
  rawProbabilities: { joy, calm: 1 - joy },
});
const frame = (time: number, end: number, ...faces: readonly TrackedFace[]): TimelineFrame => ({ time, end, faces });

/** Person 1 is seen throughout, person 2 from 1 s to 2 s and again in the last half second, which is a short frame. */
const frames = [
  frame(0, 1, face(1, 0.9)),
  frame(1, 2, face(2, 0.2), face(1, 0.7)),
  frame(2, 3, face(1, 0.4)),
  frame(3, 3.5, face(1, 0.2), face(2, 0.3)),
];

it("persons have the frames in which they are seen", () => {
  const persons = personsOf(frames);
  expect(persons.map(({ track, points }) => [track, points.map(({ time }) => time)])).toEqual([
    [1, [0, 1, 2, 3]],
    [2, [1, 3]],
  ]);
  expect(persons.map(secondsSeen)).toEqual([3.5, 1.5]);
  expect(persons.map(({ points }) => runsOf(points).length)).toEqual([1, 2]);
});

it("expressions last until another one or a gap, and to the video's end", () => {
  const [first, second] = personsOf(frames);
  expect(expressionsOf(first)).toEqual([
    { from: 0, to: 2, label: "joy", score: expect.closeTo(0.8, 10), confident: true },
    // (1 · 0.6 + 0.5 · 0.8) / 1.5, and unsure in the longer part
    { from: 2, to: 3.5, label: "calm", score: expect.closeTo(2 / 3, 10), confident: false },
  ]);
  expect(expressionsOf(second).map(({ from, to, label }) => [from, to, label])).toEqual([
    [1, 2, "calm"],
    [3, 3.5, "calm"],
  ]);
});

it("spans are sure or unsure throughout", () => {
  const [first] = personsOf(frames);
  expect(spansOf(first).map(({ from, to, label, confident }) => [from, to, label, confident])).toEqual([
    [0, 2, "joy", true],
    [2, 3, "calm", false],
    [3, 3.5, "calm", true],
  ]);
});

it("a mean weighs each frame with its time", () => {
  const [{ points }] = personsOf(frames);
  expect(meanOf(points, "joy")).toBeCloseTo((0.9 + 0.7 + 0.4 + 0.5 * 0.2) / 3.5, 10);
});

it("a scene lasts while everybody keeps their expression, sure or unsure; nobody is no scene", () => {
  const steady = [frame(0, 1, face(1, 0.8)), frame(1, 2, face(1, 0.7)), frame(2, 3), frame(3, 4, face(1, 0.6))];
  expect(scenesOf(steady)).toEqual([
    { from: 0, to: 2, faces: [{ track: 1, label: "joy", score: expect.closeTo(0.75, 10), confident: true }] },
    { from: 3, to: 4, faces: [{ track: 1, label: "joy", score: 0.6, confident: false }] },
  ]);
  const doubtful = [frame(0, 1, face(1, 0.8)), frame(1, 2, face(1, 0.6))];
  expect(scenesOf(doubtful).map(({ from, to, faces: [{ confident }] }) => [from, to, confident])).toEqual([
    [0, 1, true],
    [1, 2, false],
  ]);
  expect(scenesOf(frames).map(({ from, to, faces }) => [from, to, faces.map(({ track }) => track)])).toEqual([
    [0, 1, [1]],
    [1, 2, [1, 2]],
    [2, 3, [1]],
    [3, 3.5, [1, 2]],
  ]);
});
