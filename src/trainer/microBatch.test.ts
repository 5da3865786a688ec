import { expect, it } from "vitest";
import { microBatchSize } from "./microBatch.ts";

const estimate = (images: number) => ({ activations: 1000 + 100 * images, weights: 500 });

it("takes the whole batch where it fits", () => {
  expect(microBatchSize(32, 1e9, estimate)).toBe(32);
});

it("evens runs out under the limit", () => {
  // fixed 1000 + 3·500, 130 an image: 9 images fit, four runs of 8 serve 32
  expect(microBatchSize(32, 2500 + 130 * 9 + 1, estimate)).toBe(8);
  expect(microBatchSize(10, 2500 + 130 * 9 + 1, estimate)).toBe(5);
});

it("says what one image needs where none fits", () => {
  expect(() => microBatchSize(32, 2000, estimate)).toThrow("one image a run needs about 1 MB, raise --memory");
});
