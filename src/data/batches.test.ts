import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath, loadFixture } from "../../test/preprocessFixtures.ts";
import { frameSide, rowLength, writePicture } from "../clip/pictureRows.ts";
import { parseClipPreprocess, preprocess, writePixels } from "../clip/preprocess.ts";
import { crop } from "../pictures/image.ts";
import { Random } from "../platform/random.ts";
import { augmentation } from "./augment.ts";
import { type BatchRequest, epochVisits, loadBatches } from "./batches.ts";
import { type BadImage, type ImageBatch, readVisits } from "./imageBatch.ts";
import { ImageCache, sampleReader } from "./images.node.ts";
import type { Sample } from "./sample.ts";

const side = 12;
const length = 3 * side ** 2;
const config = parseClipPreprocess(undefined, side, "config");
const files = ["odd-37x53.png", "grey-48x48.png", "alpha-40x30.png", "palette-31x29.png", "colour-61x45.jpg"];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "batches-"));
  for (const file of files) await copyFile(fixturePath(file), join(root, file));
  await writeFile(join(root, "broken.png"), "no image");
});
afterAll(() => rm(root, { recursive: true }));

const samples: readonly Sample[] = files.map((file, i) => ({ file, label: i % 3 }));
const request = (changes: Partial<BatchRequest> = {}): BatchRequest => ({
  samples,
  read: sampleReader({ root }),
  order: [3, 0, 4, 1, 2],
  batchSize: 2,
  preprocess: config,
  ...changes,
});

async function collect(changes: Partial<BatchRequest> = {}): Promise<ImageBatch[]> {
  const collected: ImageBatch[] = [];
  for await (const batch of loadBatches(request(changes))) collected.push(batch);
  return collected;
}

const pixelsOf = (batches: readonly ImageBatch[]) => batches.flatMap(({ pixels }) => [...pixels]);

describe("loadBatches", () => {
  it("yields the samples in order, with a smaller last batch", async () => {
    const batches = await collect();
    expect(batches.map(({ indices }) => indices)).toEqual([[3, 0], [4, 1], [2]]);
    expect(batches.map(({ labels }) => labels)).toEqual([[0, 0], [1, 1], [2]]);
    const alone = new Float32Array(length);
    preprocess(await loadFixture(files[1]), config, alone, 0);
    expect(batches[1].pixels.length).toBe(2 * length);
    expect(batches[1].pixels.slice(length)).toEqual(alone);
  });

  it("uses a grey image in the sample itself, as three equal channels", async () => {
    const grey = { width: side, height: side, data: new Uint8Array(side * side).fill(51) };
    const [{ pixels }] = await collect({ samples: [{ file: "in no file", label: 0, grey }], order: [0] });
    const expected = [0, 256, 512].flatMap((channel) => Array(side * side).fill(config.normalised[channel + 51]));
    expect([...pixels]).toEqual(expected);
  });

  it("augments by seed, epoch, index and repeat", async () => {
    const augmented = await collect({ order: [1, 4, 1], batchSize: 3, augment: { seed: 7, epoch: 2 } });
    const image = await loadFixture(files[1]);
    const [first, again] = [new Float32Array(length), new Float32Array(length)];
    writePixels(image, augmentation(image, side, new Random(7, "augment", 2, 1)), config, first, 0);
    writePixels(image, augmentation(image, side, new Random(7, "augment", 2, 1, 1)), config, again, 0);
    expect(augmented[0].pixels.slice(0, length)).toEqual(first);
    expect(augmented[0].pixels.slice(2 * length)).toEqual(again);
  });

  it("yields rows of pictures on request, with the same random numbers", async () => {
    const asked = { order: [1, 4], batchSize: 2, augment: { seed: 7, epoch: 2 }, form: "pictures" } as const;
    const [{ pixels, indices }] = await collect(asked);
    expect(indices).toEqual([1, 4]);
    const image = await loadFixture(files[4]);
    const row = new Float32Array(rowLength(side));
    writePicture(image, augmentation(image, side, new Random(7, "augment", 2, 4)), config, row, 0);
    expect(Buffer.compare(Buffer.from(pixels.slice(rowLength(side)).buffer), Buffer.from(row.buffer))).toBe(0);
    expect(pixels.length).toBe(2 * rowLength(side));
  });

  it("uses the arrays of pictures again, with the same images", async () => {
    const order = [0, 1, 2, 3, 4, 3, 2, 1, 0, 4, 2, 1];
    const asked = { order, batchSize: 2, augment: { seed: 7, epoch: 2 }, form: "pictures", prefetch: 1 } as const;
    const buffers = new Set<ArrayBufferLike>();
    let places = 0;
    const draws = epochVisits(order);
    for await (const { pixels } of loadBatches(request(asked))) {
      buffers.add(pixels.buffer);
      const alone = await readVisits(draws.slice(places, places + 2), request(asked));
      places += 2;
      for (const row of [0, 1]) {
        const [again, fresh] = [pixels, alone.pixels].map((rows) =>
          rows.slice(row * rowLength(side), (row + 1) * rowLength(side)),
        );
        // The numbers of the sampling, and the first row of colours.
        expect(again.slice(frameSide(side) ** 2)).toEqual(fresh.slice(frameSide(side) ** 2));
        expect(again.slice(0, 20)).toEqual(fresh.slice(0, 20));
      }
    }
    expect(places).toBe(12);
    expect(buffers.size).toBeLessThan(6);
  });

  it("is bit-identical for any concurrency, prefetch and cache", async () => {
    const order = Array.from({ length: 40 }, (_, i) => (i * 7) % 5);
    const read = sampleReader({ root }, new ImageCache());
    const same = { order, batchSize: 7, augment: { seed: 1, epoch: 0 } };
    const one = await collect({ ...same, concurrency: 1, prefetch: 0 });
    const many = await collect({ ...same, concurrency: 9, prefetch: 6, read });
    const cached = await collect({ ...same, read });
    expect(pixelsOf(many)).toEqual(pixelsOf(one));
    expect(pixelsOf(cached)).toEqual(pixelsOf(one));
  });

  it("decodes a cached file once", async () => {
    const read = sampleReader({ root }, new ImageCache());
    const before = await collect({ read });
    await rm(join(root, files[2]));
    expect(pixelsOf(await collect({ read }))).toEqual(pixelsOf(before));
    await copyFile(fixturePath(files[2]), join(root, files[2]));
  });

  it("crops a sample to its box", async () => {
    const boxed: Sample = { file: files[1], label: 0, box: [8, 4, 40, 44] };
    const [batch] = await collect({ samples: [boxed], order: [0] });
    const alone = new Float32Array(length);
    preprocess(crop(await loadFixture(files[1]), { left: 8, top: 4, width: 32, height: 40 }), config, alone, 0);
    expect(batch.pixels).toEqual(alone);
  });

  it("skips unreadable images, reports them in order and yields empty batches", async () => {
    const bad: BadImage[] = [];
    const mixed: Sample[] = [
      { file: "broken.png", label: 0 },
      { file: files[0], label: 1 },
      { file: "missing.png", label: 0 },
      { file: files[1], label: 2, box: [0, 0, 99, 99] },
      { file: files[1], label: 2 },
    ];
    const order = [0, 1, 2, 3, 4];
    const batches = await collect({ samples: mixed, order, onBad: (image) => bad.push(image) });
    expect(batches.map(({ indices }) => indices)).toEqual([[1], [], [4]]);
    const [whole] = await collect({ samples: mixed, order: [1] });
    expect(batches[0].pixels).toEqual(whole.pixels);
    expect(batches[0].bad).toEqual([bad[0]]);
    expect(bad.map(({ file }) => file)).toEqual(["broken.png", "missing.png", files[1]]);
    expect(bad[1].message).toBe(
      `the image is not there (${join(root, "missing.png")}). Fix: replace it or take it out`,
    );
    expect(bad[2].message).toContain("the face box (0, 0, 99, 99) leaves the image of 48×48");
  });

  it("ends without an error on abort and when the consumer stops", async () => {
    const stop = new AbortController();
    const seen: ImageBatch[] = [];
    for await (const batch of loadBatches(request({ batchSize: 1, signal: stop.signal }))) {
      seen.push(batch);
      if (seen.length === 2) stop.abort();
    }
    expect(seen.length).toBe(2);
    for await (const batch of loadBatches(request({ batchSize: 1 }))) {
      expect(batch.indices).toEqual([3]);
      break;
    }
    expect(await collect({ signal: AbortSignal.abort() })).toEqual([]);
  });
});
