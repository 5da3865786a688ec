import { expect, it } from "vitest";
import { portablePixmaps } from "./video.ts";

const pixmap = (width: number, height: number, first: number) => [
  ...Buffer.from(`P6\n${width} ${height}\n255\n`),
  ...Array.from({ length: 3 * width * height }, (_, i) => (first + i) % 256),
];

async function read(bytes: Buffer, sizes: readonly number[]) {
  async function* parts() {
    let at = 0;
    for (const size of sizes) {
      yield bytes.subarray(at, at + size);
      at += size;
    }
    yield bytes.subarray(at);
  }
  const frames = [];
  for await (const { width, height, data } of portablePixmaps(parts()))
    frames.push([width, height, data[0], data.at(-1)]);
  return frames;
}

it("takes a stream of pixmaps apart, wherever it is cut", async () => {
  const bytes = Buffer.from([...pixmap(3, 2, 0), ...pixmap(3, 2, 100), ...pixmap(5, 1, 250)]);
  const frames = [
    [3, 2, 0, 17],
    [3, 2, 100, 117],
    [5, 1, 250, 8],
  ];
  for (let cut = 0; cut <= bytes.length; cut++) expect(await read(bytes, [cut])).toEqual(frames);
  expect(
    await read(
      bytes,
      Array.from({ length: bytes.length }, () => 1),
    ),
  ).toEqual(frames);
});

it("gives no frame that is not whole", async () => {
  expect(await read(Buffer.from(pixmap(3, 2, 0)).subarray(0, -1), [])).toEqual([]);
  expect(await read(Buffer.from("no pixmap at all"), [])).toEqual([]);
});
