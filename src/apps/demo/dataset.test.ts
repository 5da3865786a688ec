import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ferClasses } from "../../data/sample.ts";
import { drawDataset, drawnIdentity } from "./dataset.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-drawn-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const facesPerClass = { train: 2, valid: 1, test: 1 };

describe("drawDataset", () => {
  it("draws every class of every split, identical for the same seed", async () => {
    const [first, second, other] = ["first", "second", "other"].map((name) => join(folder, name));
    const reports: number[] = [];
    const onProgress = (done: number) => reports.push(done);
    expect(await drawDataset({ out: first, seed: 5, facesPerClass, onProgress })).toBe(32);
    await drawDataset({ out: second, seed: 5, facesPerClass });
    await drawDataset({ out: other, seed: 6, facesPerClass, size: 48 });
    expect(reports.at(-1)).toBe(32);
    for (const split of ["train", "valid", "test"] as const) {
      expect((await readdir(join(first, split))).toSorted()).toEqual([...ferClasses].toSorted());
      for (const name of ferClasses) {
        const images = await readdir(join(first, split, name));
        expect(images).toHaveLength(facesPerClass[split]);
        for (const image of images) {
          const bytes = await readFile(join(first, split, name, image));
          expect(bytes.equals(await readFile(join(second, split, name, image)))).toBe(true);
          expect(bytes.equals(await readFile(join(other, split, name, image)))).toBe(false);
        }
      }
    }
    const [image] = await readdir(join(first, "train", "fear"));
    expect(await sharp(join(first, "train", "fear", image)).metadata()).toMatchObject({
      width: 96,
      height: 96,
      channels: 3,
    });
    expect(await sharp(join(other, "train", "fear", image)).metadata()).toMatchObject({ width: 48, height: 48 });
  });

  it("leaves a non-empty folder unchanged", async () => {
    const out = join(folder, "mine");
    await mkdir(out);
    await writeFile(join(out, "notes.txt"), "mine");
    await expect(drawDataset({ out, seed: 0, facesPerClass })).rejects.toMatchObject({ code: "WRITE" });
    expect(await readdir(out)).toEqual(["notes.txt"]);
  });

  it("leaves no files when it is stopped", async () => {
    const out = join(folder, "stopped", "faces");
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const drawing = drawDataset({ out, seed: 0, facesPerClass, onProgress, signal: stop.signal });
    await expect(drawing).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await readdir(join(folder, "stopped"))).toEqual([]);
  });
});

it("draws no person in two splits, and each person in all classes", () => {
  const people = (["train", "valid", "test"] as const).flatMap((split) =>
    Array.from({ length: 150 }, (_, i) => {
      const { photo: _photo, ...person } = drawnIdentity(0, split, i, "neutral");
      return JSON.stringify(person);
    }),
  );
  expect(new Set(people).size).toBe(450);
  const { photo: happyPhoto, ...happy } = drawnIdentity(0, "train", 3, "happiness");
  const { photo: sadPhoto, ...sad } = drawnIdentity(0, "train", 3, "sadness");
  expect(happy).toEqual(sad);
  expect(happyPhoto).not.toEqual(sadPhoto);
});
