/** `predict` on photographs as people have them: file kinds, turned, many, from standard input and video. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import { canvas, isOn } from "../../../test/canvas.ts";
import { flatJpeg } from "../../../test/hostilePictures.ts";
import { ffmpeg, hasFfmpeg } from "../../../test/madeVideo.ts";
import { parseCsv } from "../../platform/csv.ts";
import { drawnFace, render } from "../demo/dataset.ts";
import type { FilePrediction } from "./filePrediction.ts";

let folder: string;
const placed = { side: 120, left: 150, top: 60 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  const picture = await render(drawnFace(1, "test", 2, "happiness"), 120);
  const scene = sharp(await canvas(400, 240, [{ picture, ...placed }]));
  const to = (name: string) => join(folder, name);
  await mkdir(to("kinds"));
  await scene.clone().jpeg().toFile(to("kinds/plain.jpg"));
  await scene.clone().rotate(90).withMetadata({ orientation: 8 }).jpeg().toFile(to("kinds/turned.jpg"));
  await scene.clone().grayscale().toColourspace("b-w").png().toFile(to("kinds/grey.png"));
  await scene.clone().ensureAlpha(0.5).png().toFile(to("kinds/alpha.png"));
  await scene.clone().toColourspace("rgb16").png().toFile(to("kinds/sixteen.png"));
  await scene.clone().toColourspace("cmyk").jpeg().toFile(to("kinds/cmyk.jpg"));
  const frames = [await scene.clone().raw().toBuffer(), Buffer.alloc(400 * 240 * 3)];
  const raw = { width: 400, height: 480, channels: 3, pageHeight: 240 } as const;
  await sharp(Buffer.concat(frames), { raw })
    .gif({ delay: [100, 100] })
    .toFile(to("kinds/animated.gif"));
  await scene.clone().resize(4000, 2400).jpeg().toFile(to("large.jpg"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const call = (...argv: string[]) => callProgram(["predict", "--threads", "2", ...argv], () => performance.now());

const linesOf = (text: string): FilePrediction[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("finds the face of one scene in every kind of file, turned upright", async () => {
  const { code, stdout } = await call(join(folder, "kinds"), "--jsonl", "-");
  const answers = linesOf(stdout);
  const names = ["alpha.png", "animated.gif", "cmyk.jpg", "grey.png", "plain.jpg", "sixteen.png", "turned.jpg"];
  expect(answers.map(({ file }) => file)).toEqual(names.map((name) => `${join(folder, "kinds")}/${name}`));
  for (const { file, faces } of answers) {
    expect(faces.length, file).toBe(1);
    expect(isOn(faces[0].box, { picture: "", ...placed }), file).toBe(true);
    expect(Object.values(faces[0].probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(faces[0].score).toBe(Math.max(...Object.values(faces[0].probabilities)));
  }
  expect(code).toBe(0);
});

it("finds a face that fills a tenth of a large picture", async () => {
  const [{ faces }] = linesOf((await call(join(folder, "large.jpg"), "--jsonl", "-")).stdout);
  expect(faces).toHaveLength(1);
  expect(isOn(faces[0].box, { picture: "", side: 1200, left: 1500, top: 600 })).toBe(true);
});

it("finds a face in a photograph of 48 megapixels, at places in its own pixels, and says how it was looked at", async () => {
  const scene = sharp(join(folder, "kinds/plain.jpg")).resize(8064, 6048, { fit: "fill", kernel: "nearest" });
  await scene.png({ compressionLevel: 1 }).toFile(join(folder, "mp48.png"));
  const drawn = join(folder, "drawn48");
  const { stdout, stderr } = await call(join(folder, "mp48.png"), "--jsonl", "-", "--draw", drawn);
  const [{ faces, scale }] = linesOf(stdout);
  expect(faces).toHaveLength(1);
  const [x, y, width, height] = faces[0].box;
  const box = [x / 20.16, y / 25.2, width / 20.16, height / 25.2] as const;
  expect(isOn(box, { picture: "", ...placed })).toBe(true);
  expect(scale).toBe(0.5);
  expect(stderr).toMatch(/mp48\.png: looked at with 50 % of its width and height/);
  expect(await sharp(join(drawn, "mp48.jpg")).metadata()).toMatchObject({ width: 4032, height: 3024 });
});

it("answers photographs of kinds that are not read with an error, and counts all that was passed over", async () => {
  const phone = join(folder, "phone");
  await mkdir(join(phone, "below"), { recursive: true });
  await copyFile(join(folder, "kinds/plain.jpg"), join(phone, "below/download.jfif"));
  await writeFile(join(phone, "IMG_2.HEIC"), "\0\0\0\x18ftypheic\0\0\0\0mif1heic");
  await writeFile(join(phone, "notes.txt"), "hello");
  const { code, stdout, stderr } = await call(phone, "--jsonl", "-");
  const [heic, jpeg] = linesOf(stdout);
  expect(heic.error).toMatch(
    /^the image is of the kind HEIC, which is not read here \(.*\)\. Fix: convert it with `heif-convert/,
  );
  expect(jpeg.faces).toHaveLength(1);
  expect(stderr).toMatch(/phone: 2 of 3 files were passed over: 1 \.txt, 1 HEIC/);
  expect(code).toBe(1);
});

it("tells of files that were passed over, and of pictures that were not looked at whole, also with --quiet", async () => {
  const mixed = join(folder, "mixed");
  await mkdir(mixed);
  await writeFile(join(mixed, "large.jpg"), flatJpeg(8_000, 6_000));
  await writeFile(join(mixed, "notes.txt"), "hello");
  const { code, stdout, stderr } = await call(mixed, "--quiet", "--no-detect");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr.trim().split("\n")).toEqual([
    expect.stringMatching(/mixed: 1 of 2 files was passed over: 1 \.txt$/),
    expect.stringMatching(/large\.jpg: looked at with 50 % of its width and height$/),
  ]);
});

it("says that descriptions are not used where trained prompts answer", async () => {
  const [plain, file] = [join(folder, "kinds/plain.jpg"), join(folder, "descriptions.json")];
  await writeFile(file, "{}");
  const { code, stderr } = await call(plain, "--quiet", "--descriptions", file);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^the descriptions are not used: .* is trained prompts; --zero-shot uses them\n$/);
});

it("answers as JSON, CSV, table and drawings in one run, bad pictures among them", async () => {
  const bad = join(folder, 'bad, "worse".jpg');
  await writeFile(bad, "no picture");
  const plain = join(folder, "kinds/plain.jpg");
  const [json, csv, drawn] = ["a.json", "a.csv", "drawn"].map((name) => join(folder, name));
  const { code, stdout } = await call(plain, bad, plain, "--json", json, "--csv", csv, "--draw", drawn);
  expect(code).toBe(1);
  expect(stdout).toMatch(/plain\.jpg +1\d\d \d+ \d+ \d+ +(unsure: )?\w+ +\d+\.\d\d %/);
  const answers: FilePrediction[] = JSON.parse(await readFile(json, "utf8"));
  expect(answers.map(({ faces }) => faces.length)).toEqual([1, 0, 1]);
  expect(answers[1].error).toMatch(/^the image cannot be decoded/);
  const [heads, first, second, third] = [...parseCsv(await readFile(csv, "utf8"), csv)].map(({ cells }) => cells);
  expect(heads.slice(0, 9)).toEqual("file,time,x,y,width,height,detection,label,score".split(","));
  expect([first[0], second[0], third[0]]).toEqual([plain, bad, plain]);
  expect(Number(first[8])).toBe(answers[0].faces[0].score);
  expect(heads.slice(-2)).toEqual(["confident", "error"]);
  expect(first.at(-2)).toBe(String(answers[0].faces[0].confident));
  expect(second.at(-1)).toBe(answers[1].error);
  expect((await readdir(drawn)).sort()).toEqual(["plain-2.jpg", "plain.jpg"]);
  const { data, info } = await sharp(join(drawn, "plain.jpg")).raw().toBuffer({ resolveWithObject: true });
  const [x, y, , height] = answers[0].faces[0].box.map(Math.round);
  const edge = 3 * ((y + Math.round(height / 2)) * info.width + x);
  expect(data[edge] - data[edge + 2]).toBeGreaterThan(60); // yellow
});

it("takes patterns, and says where nothing fits", async () => {
  const { stdout } = await call(join(folder, "kinds/*.png"), "--jsonl", "-");
  expect(linesOf(stdout)).toHaveLength(3);
  const none = await call(join(folder, "kinds/*.xyz"));
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/NOT_FOUND: there is no file to read/) });
});

it("refuses two answers on standard output", async () => {
  const { code, stderr } = await call(join(folder, "kinds/plain.jpg"), "--json", "-", "--csv", "-");
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/standard output holds one answer/),
  });
});

if (!hasFfmpeg) console.warn("ffmpeg is not on the path: the test on video is skipped");

describe("video", () => {
  it.skipIf(!hasFfmpeg)("is read as a frame every so many seconds", async () => {
    const video = join(folder, "clip.mp4");
    const still = ["-loop", "1", "-i", join(folder, "kinds/plain.jpg")];
    await ffmpeg(...still, "-t", "2", "-r", "10", "-pix_fmt", "yuv420p", video);
    const answers = linesOf((await call(video, "--every", "0.5", "--jsonl", "-")).stdout);
    expect(answers.map(({ time }) => time)).toEqual([0, 0.5, 1, 1.5]);
    for (const { faces } of answers) expect(isOn(faces[0].box, { picture: "", ...placed })).toBe(true);
  });

  it.skipIf(!hasFfmpeg)("that is none gets an error, and the rest still run", async () => {
    const video = join(folder, "broken.mp4");
    await copyFile(join(folder, 'bad, "worse".jpg'), video);
    const { code, stdout } = await call(video, join(folder, "kinds/plain.jpg"), "--jsonl", "-");
    const [broken, plain] = linesOf(stdout);
    expect(broken.error).toMatch(/^ffmpeg cannot read the video/);
    expect(plain.faces).toHaveLength(1);
    expect(code).toBe(1);
  });

  it("without ffmpeg on the path is an error that says so", async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      const { code, stdout } = await call(join(folder, "clip.mp4"), join(folder, "kinds/plain.jpg"), "--jsonl", "-");
      const [video, plain] = linesOf(stdout);
      expect(code).toBe(1);
      expect(video.error).toMatch(/^ffmpeg is not on the path/);
      expect(plain.faces).toHaveLength(1);
    } finally {
      process.env.PATH = path;
    }
  });
});
