import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { inOrder, Limiter } from "./async.ts";

async function allOf<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Waits for the milliseconds of each item and records the maximum number of concurrent calls. */
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

it.each([1, 2, 3, 9])("preserves the order with %i at a time", async (width) => {
  const { seen, work } = slowWork();
  expect(await allOf(inOrder([30, 1, 20, 2], width, work))).toEqual([300, 10, 200, 20]);
  expect(seen.most).toBe(Math.min(width, 4));
});

it("yields nothing for no items", async () => {
  expect(await allOf(inOrder([], 2, slowWork().work))).toEqual([]);
});

it("throws the first failure in order, and starts no more calls", async () => {
  const { seen, work } = slowWork();
  await expect(allOf(inOrder([20, -10, -1, 5], 2, work))).rejects.toThrow("failed -10");
  // The third began when the first was through; what had begun is over, and the fourth never did.
  expect(seen).toMatchObject({ under: 0, done: 3 });
});

it("waits for calls in progress if the consumer stops", async () => {
  const { seen, work } = slowWork();
  for await (const _ of inOrder([1, 40, 5], 2, work)) break;
  expect(seen).toMatchObject({ under: 0, done: 2 });
});

it.each([1, 2, 3])("starts in the order of the calls, %i at a time", async (width) => {
  const { seen, work } = slowWork();
  const limiter = new Limiter(width);
  const begun: number[] = [];
  const times = [30, 1, 20, 2, 5];
  const results = times.map((ms) =>
    limiter.run(() => {
      begun.push(ms);
      return work(ms);
    }),
  );
  expect(await Promise.all(results)).toEqual([300, 10, 200, 20, 50]);
  expect(begun).toEqual(times);
  expect(seen.most).toBe(width);
});

it("continues after a failure", async () => {
  const { work } = slowWork();
  const limiter = new Limiter(1);
  const failed = limiter.run(() => work(-1));
  const next = limiter.run(() => work(1));
  await expect(failed).rejects.toThrow("failed -1");
  expect(await next).toBe(10);
});

it("allows a waiting call to be aborted, and starts the next one", async () => {
  const { seen, work } = slowWork();
  const limiter = new Limiter(1);
  const stop = new AbortController();
  const first = limiter.run(() => work(20));
  const second = limiter.run(() => work(5), stop.signal);
  const third = limiter.run(() => work(6));
  stop.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  await expect(limiter.run(() => work(7), stop.signal)).rejects.toThrow("enough");
  expect(await Promise.all([first, third])).toEqual([200, 60]);
  expect(seen).toMatchObject({ done: 2, most: 1 });
});
