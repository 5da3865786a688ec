import { expect, it } from "vitest";
import type { PictureAnswer, PictureRequest } from "./model.ts";
import { QueueFull, RequestQueue } from "./queue.ts";

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

it("reads together what comes together, and gives everyone their own answer", async () => {
  const { queue, batches } = model(10, 4);
  const asked = [queue.ask([picture(1)]), queue.ask([picture(2), picture(3)])];
  await soon();
  expect(batches.map(({ pictures }) => pictures.length)).toEqual([3]);
  batches[0].finish();
  expect((await Promise.all(asked)).map(said)).toEqual([["1"], ["2", "3"]]);
});

it("starts a full batch at once and gathers the next one while it works", async () => {
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

it("turns away what it has no room for, all of a request or nothing", async () => {
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

it("gives a failure to those in the batch, and the next batch its answers", async () => {
  const { queue, batches } = model(10, 2);
  const [first, second, third] = [1, 2, 3].map((each) => queue.ask([picture(each)]));
  batches[0].finish(new Error("died"));
  await expect(first).rejects.toThrow("died");
  await expect(second).rejects.toThrow("died");
  await soon();
  batches[1].finish();
  expect(said(await third)).toEqual(["3"]);
});
