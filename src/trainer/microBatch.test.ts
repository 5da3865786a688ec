import { expect, it } from "vitest";
import { microBatchSize } from "./microBatch.ts";

const estimate = (images: number) => ({ activations: 1000 + 100 * images, weights: 500 });

it("takes the whole batch where it fits", () => {
  expect(microBatchSize(32, { limit: 1e9, most: 32 }, estimate)).toBe(32);
});

it("evens runs out under the limit", () => {
  const limit = 2500 + 130 * 9 + 1;
  // fixed 1000 + 3·500, 130 an image: 9 images fit, four runs of 8 serve 32
  expect(microBatchSize(32, { limit, most: 32 }, estimate)).toBe(8);
  expect(microBatchSize(10, { limit, most: 32 }, estimate)).toBe(5);
});

it("takes no more at a time than is asked for", () => {
  expect(microBatchSize(32, { limit: 1e9, most: 5 }, estimate)).toBe(5);
});

it("says what one image needs where none fits", () => {
  expect(() => microBatchSize(32, { limit: 2000, most: 32 }, estimate)).toThrow(
    "one image a run needs about 1 MB, raise --memory",
  );
});
