import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { inOrder } from "./async.ts";

async function allOf<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Each item takes as many milliseconds as it says; notes how many were under way at most. */
function slowWork() {
  const seen = { under: 0, most: 0, done: 0 };
  const work = async (ms: number) => {
    seen.most = Math.max(seen.most, ++seen.under);
    await wait(Math.abs(ms));
    seen.under--;
    seen.done++;
    if (ms < 0) throw new Error(`failed ${ms}`);
    return ms * 10;
  };
  return { seen, work };
}

it.each([1, 2, 3, 9])("keeps the order with %i at a time", async (width) => {
  const { seen, work } = slowWork();
  expect(await allOf(inOrder([30, 1, 20, 2], width, work))).toEqual([300, 10, 200, 20]);
  expect(seen.most).toBe(Math.min(width, 4));
});

it("gives nothing for nothing", async () => {
  expect(await allOf(inOrder([], 2, slowWork().work))).toEqual([]);
});

it("throws the first failure in order, and begins nothing after it", async () => {
  const { seen, work } = slowWork();
  await expect(allOf(inOrder([20, -10, -1, 5], 2, work))).rejects.toThrow("failed -10");
  // The third began when the first was through; what had begun is over, and the fourth never did.
  expect(seen).toMatchObject({ under: 0, done: 3 });
});

it("waits for what has begun when nobody wants more", async () => {
  const { seen, work } = slowWork();
  for await (const _ of inOrder([1, 40, 5], 2, work)) break;
  expect(seen).toMatchObject({ under: 0, done: 2 });
});
