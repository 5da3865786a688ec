import { expect, it } from "vitest";
import type { Sample } from "../data/sample.ts";
import { meanOverClips } from "./clips.ts";

const image = (file: string, clip?: string): Sample => ({ file, label: 0, ...(clip !== undefined && { clip }) });
/** Softmax of the logits [1, −2, 0.5], [3, 0, 2] and [−1, 4, 0.25], from SciPy. */
const frames = [
  [0.6037488961486258, 0.030058887569574023, 0.3661922162818002],
  [0.7053845126982412, 0.03511902695933973, 0.25949646034241913],
  [0.006540072572094158, 0.9706328311846076, 0.022827096243298196],
];

it("is the softmax of the mean of the frames' logits", () => {
  const samples = [image("a/1", "a"), image("a/2", "a"), image("a/3", "a")];
  const rows = { indices: [0, 1, 2], probabilities: Float32Array.from(frames.flat()) };
  const { indices, probabilities } = meanOverClips(rows, samples, 3);
  expect(indices).toEqual([0]);
  for (const [c, value] of [0.37927983271671956, 0.27176587561071863, 0.34895429167256187].entries()) {
    expect(probabilities[c]).toBeCloseTo(value, 6);
  }
});

it("merges clips whose frames are apart or unreadable, and leaves single frames and images as they are", () => {
  const samples = [image("a/1", "a"), image("b/1", "b"), image("a/2", "a"), image("c"), image("c"), image("a/3", "a")];
  const rows = { indices: [1, 2, 3, 4, 5], probabilities: Float32Array.of(0.9, 0.1, 0.5, 0.5, 1, 0, 0, 1, 0.5, 0.5) };
  const { indices, probabilities } = meanOverClips(rows, samples, 2);
  expect(indices).toEqual([1, 2, 3, 4]);
  expect(probabilities).toEqual(Float32Array.of(0.9, 0.1, 0.5, 0.5, 1, 0, 0, 1));
});

it("returns the same rows for images, and finite ones where probabilities are 0", () => {
  const rows = { indices: [0], probabilities: Float32Array.of(1, 0) };
  expect(meanOverClips(rows, [image("a")], 2)).toBe(rows);
  const both = { indices: [0, 1], probabilities: Float32Array.of(1, 0, 0, 1) };
  const merged = meanOverClips(both, [image("a/1", "a"), image("a/2", "a")], 2);
  expect([...merged.probabilities]).toEqual([0.5, 0.5]);
});
