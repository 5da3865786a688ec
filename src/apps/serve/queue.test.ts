import { expect, it } from "vitest";
import type { PictureAnswer, PictureRequest } from "./model.ts";
import { QueueClosed, QueueFull, RequestQueue } from "./queue.ts";

/** A model that is told when to answer; it says of a picture its first byte, as the number of the face's box. */
function model(limit: number, batchSize: number) {
  const batches: { pictures: readonly PictureRequest[]; finish(error?: Error): void }[] = [];
  const queue = new RequestQueue({
    limit,
    batchSize,
    wait: 1,
    answer: (pictures) =>
      new Promise((resolve, reject) => {
        const answers = pictures.map(
          ({ id, bytes }): PictureAnswer => ({
            id,
            error: { code: "IMAGE", message: String(bytes[0]) },
          }),
        );
        batches.push({ pictures, finish: (error) => (error ? reject(error) : resolve(answers.toReversed())) });
      }),
  });
  return { queue, batches };
}

const picture = (first: number) => ({ bytes: Uint8Array.of(first), detect: true });
const said = (answers: readonly PictureAnswer[]) =>
  answers.map((answer) => ("error" in answer ? answer.error.message : ""));
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

it("batches concurrent requests, and gives each its own answers", async () => {
  const { queue, batches } = model(10, 4);
  const asked = [queue.ask([picture(1)]), queue.ask([picture(2), picture(3)])];
  await soon();
  expect(batches.map(({ pictures }) => pictures.length)).toEqual([3]);
  batches[0].finish();
  expect((await Promise.all(asked)).map(said)).toEqual([["1"], ["2", "3"]]);
});

it("starts a full batch at once, and collects the next one meanwhile", async () => {
  const { queue, batches } = model(10, 2);
  const asked = [1, 2, 3, 4, 5].map((first) => queue.ask([picture(first)]));
  await soon();
  expect(batches.map(({ pictures }) => pictures.length)).toEqual([2]);
  batches[0].finish();
  await soon();
  batches[1].finish();
  await soon();
  batches[2].finish();
  expect((await Promise.all(asked)).map(said)).toEqual([["1"], ["2"], ["3"], ["4"], ["5"]]);
  expect(batches.map(({ pictures }) => pictures.length)).toEqual([2, 2, 1]);
});

it("limits the bytes of a batch; a larger picture is a batch of its own", async () => {
  const sizes: number[][] = [];
  const queue = new RequestQueue({
    ...{ limit: 20, batchSize: 3, batchBytes: 10, wait: 0 },
    answer: async (pictures) => {
      sizes.push(pictures.map(({ bytes }) => bytes.length));
      return pictures.map(({ id }) => ({ id, error: { code: "IMAGE", message: "" } }));
    },
  });
  await queue.ask([4, 6, 1, 50, 1, 1, 1, 1, 11].map((size) => ({ bytes: new Uint8Array(size), detect: true })));
  expect(sizes).toEqual([[4, 6], [1], [50], [1, 1, 1], [1], [11]]);
});

it("rejects a request that does not fit completely", async () => {
  const { queue, batches } = model(3, 2);
  const first = queue.ask([picture(1), picture(2)]);
  expect(() => queue.ask([picture(3), picture(4)])).toThrow(QueueFull);
  const second = queue.ask([picture(5)]);
  expect([queue.length, queue.hasRoomFor(1)]).toEqual([3, false]);
  batches[0].finish();
  await first;
  await soon();
  batches[1].finish();
  expect(said(await second)).toEqual(["5"]);
  expect(queue.length).toBe(0);
});

it("rejects all requests of a failed batch, and answers the next batch", async () => {
  const { queue, batches } = model(10, 2);
  const [first, second, third] = [1, 2, 3].map((each) => queue.ask([picture(each)]));
  batches[0].finish(new Error("died"));
  await expect(first).rejects.toThrow("died");
  await expect(second).rejects.toThrow("died");
  await soon();
  batches[1].finish();
  expect(said(await third)).toEqual(["3"]);
});

it("answers a request without pictures at once, and later ones as usual", async () => {
  const { queue, batches } = model(10, 4);
  expect(await queue.ask([])).toEqual([]);
  await soon();
  const asked = queue.ask([picture(1)]);
  await soon();
  batches[0].finish();
  expect(said(await asked)).toEqual(["1"]);
  expect([batches.length, queue.length]).toEqual([1, 0]);
});

it("drops waiting pictures of a disconnected client", async () => {
  const { queue, batches } = model(10, 2);
  const first = queue.ask([picture(1), picture(2)]);
  const gone = new AbortController();
  const abandoned = queue.ask([picture(3), picture(4)], gone.signal);
  const last = queue.ask([picture(5)]);
  gone.abort(new Error("gone"));
  await expect(abandoned).rejects.toThrow("gone");
  expect(queue.length).toBe(3);
  batches[0].finish();
  await first;
  await soon();
  batches[1].finish();
  expect(said(await last)).toEqual(["5"]);
  expect(batches.map(({ pictures }) => pictures.length)).toEqual([2, 1]);
  expect(() => queue.ask([picture(6)], gone.signal)).toThrow("gone");
});

it("waits for the running batch of a disconnected client", async () => {
  const { queue, batches } = model(10, 1);
  const gone = new AbortController();
  const abandoned = queue.ask([picture(1), picture(2)], gone.signal).catch((error: Error) => error.message);
  gone.abort(new Error("gone"));
  expect(queue.length).toBe(1);
  expect(await Promise.race([abandoned, soon()])).toBeUndefined();
  batches[0].finish();
  expect(await abandoned).toBe("gone");
  expect([batches.length, queue.length]).toEqual([1, 0]);
});

it.each([
  [
    "throws synchronously",
    () => {
      throw new Error("failed");
    },
  ],
  ["rejects", () => Promise.reject(new Error("failed"))],
  ["does not answer every picture", async () => []],
  ["answers an unknown picture", async () => [{ id: -1, error: { code: "IMAGE" as const, message: "" } }]],
])("continues after a model that %s", async (_, fail) => {
  let fails = true;
  const queue = new RequestQueue({
    limit: 8,
    batchSize: 2,
    wait: 0,
    answer: (pictures) =>
      fails ? fail() : Promise.resolve(pictures.map(({ id }) => ({ id, error: { code: "IMAGE", message: "1" } }))),
  });
  const asked = [1, 2, 3, 4, 5].map((each) => queue.ask([picture(each)]));
  for (const each of await Promise.allSettled(asked)) expect(each.status).toBe("rejected");
  fails = false;
  expect(said(await queue.ask([picture(6)]))).toEqual(["1"]);
  expect(queue.length).toBe(0);
});

it("rejects waiting pictures when it closes, and answers running ones", async () => {
  const { queue, batches } = model(10, 1);
  const inWork = queue.ask([picture(1)]);
  const waiting = queue.ask([picture(2)]);
  queue.close();
  await expect(waiting).rejects.toThrow(QueueClosed);
  expect(() => queue.ask([picture(3)])).toThrow(QueueClosed);
  batches[0].finish();
  expect(said(await inWork)).toEqual(["1"]);
  expect([batches.length, queue.length]).toEqual([1, 0]);
});

it("is stuck if pictures wait while no batch runs", async () => {
  const answer = () => new Promise<readonly PictureAnswer[]>(() => undefined);
  const slow = new RequestQueue({ limit: 8, batchSize: 2, wait: 60_000, patience: 10, answer });
  const working = new RequestQueue({ limit: 8, batchSize: 1, wait: 0, patience: 10, answer });
  const turnedAway = slow.ask([picture(1)]);
  void working.ask([picture(1)]);
  void working.ask([picture(2)]);
  await soon();
  expect([slow.isStuck, working.isStuck]).toEqual([true, false]);
  slow.close();
  await expect(turnedAway).rejects.toThrow(QueueClosed);
  expect(slow.isStuck).toBe(false);
});
