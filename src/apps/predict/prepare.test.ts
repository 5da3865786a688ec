/** `prepare`: photographs in class folders become faces in class folders. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { canvas } from "../../../test/canvas.ts";
import { drawnFace, render } from "../demo/dataset.ts";
import { prepareSchema } from "./options.ts";
import { prepareDataset } from "./prepare.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  for (const [split, name, person] of [
    ["train", "happiness", 1],
    ["train", "anger", 2],
    ["valid", "anger", 3],
  ] as const) {
    const picture = await render(drawnFace(1, "test", person, "happiness"), 300);
    const bystander = await render(drawnFace(1, "test", person + 5, "happiness"), 60);
    const scene = await canvas(500, 400, [
      { picture, side: 100, left: 100, top: 120, angle: 12 },
      { picture: bystander, side: 45, left: 400, top: 40 },
    ]);
    await mkdir(join(folder, "data", split, name), { recursive: true });
    await writeFile(join(folder, "data", split, name, "a.png"), scene);
  }
  await writeFile(join(folder, "data/train/anger/nobody.png"), await canvas(200, 200, []));
  await writeFile(join(folder, "data/train/anger/broken.jpg"), "no picture");
  await writeFile(join(folder, "data/train/anger/phone.HEIC"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const prepare = (out: string, notice?: (line: string) => void) =>
  prepareDataset(prepareSchema.config.parse({ data: join(folder, "data"), dataset: "folder", out, threads: 2 }), {
    notice,
  });

it("cuts the largest face of each picture, and tells what it left out", async () => {
  const out = join(folder, "faces");
  const notices: string[] = [];
  const { classes, splits } = await prepare(out, (line) => notices.push(line));
  expect(notices).toEqual([
    "train: 1 of 5 files was passed over: 1 HEIC",
    "train: left out 2 of 4 pictures: 1 without a face, 1 unreadable",
  ]);
  expect(classes).toEqual(["happiness", "anger"]);
  expect(splits).toEqual([
    {
      split: "train",
      faces: 2,
      faceless: ["train/anger/nobody.png"],
      unreadable: [{ file: "train/anger/broken.jpg", message: expect.stringMatching(/^the image cannot be decoded/) }],
      passedOver: { HEIC: 1 },
    },
    { split: "valid", faces: 1, faceless: [], unreadable: [], passedOver: {} },
  ]);
  expect((await readdir(out, { recursive: true })).filter((name) => name.endsWith(".png")).sort()).toEqual([
    "train/anger/a.png",
    "train/happiness/a.png",
    "valid/anger/a.png",
  ]);
  const { width = 0, height } = await sharp(join(out, "train/happiness/a.png")).metadata();
  expect(height).toBe(width);
  expect(width).toBeGreaterThan(60);
  expect(width).toBeLessThan(130);
});

it("writes nothing where the folder holds something", async () => {
  await expect(prepare(join(folder, "data"))).rejects.toMatchObject({ code: "WRITE" });
});
