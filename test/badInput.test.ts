/** Invalid input gives one line (file, problem, remedy) and exit code 2 or 1, and existing files stay intact. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { writeSafetensors } from "../src/clip/safetensors.ts";
import { callProgram } from "./callProgram.ts";
import { drawnFolder } from "./drawnFolder.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

let folder: string;
let data: string;
let backbone: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  await writeTinyBackbone(join(folder, "backbone-kept"));
  await drawnFolder(join(folder, "data-kept"), { train: 4, valid: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  [data, backbone] = [join(folder, "data"), join(folder, "backbone")];
  for (const copy of [data, backbone]) {
    await rm(copy, { recursive: true, force: true });
    await cp(`${copy}-kept`, copy, { recursive: true });
  }
  await rm(join(folder, "out"), { recursive: true, force: true });
});

async function call(...argv: string[]) {
  const { code, stdout, stderr } = await callProgram(argv);
  const lines = stderr.split("\n").filter((line) => line.startsWith("mpa-fer: "));
  expect(stderr).not.toMatch(/^\s+at /m);
  return { code, line: lines.at(-1) ?? "", lines, stderr, stdout };
}

const train = (...more: string[]) =>
  call(
    ...["train", "--data", data, "--dataset", "folder", "--backbone", backbone, "--out", join(folder, "out")],
    ...["--hard-prompt", "2", "--epochs", "1", "--batch-size", "4", "--threads", "1", ...more],
  );

const config = () => join(backbone, "config.json");
const weights = () => join(backbone, "model.safetensors");
const image = () => join(data, "train", "cross", "0.png");
const change = async (file: string, to: (text: string) => string) => writeFile(file, to(await readFile(file, "utf8")));

it("trains on valid input", async () => {
  expect(await train()).toMatchObject({ code: 0, line: "" });
});

it.each<[string, () => Promise<unknown>, number, RegExp]>([
  ["weights are missing", () => rm(weights()), 2, /NOT_FOUND: .*model\.safetensors/],
  ["weights are truncated", () => truncate(weights(), 5000), 2, /WEIGHTS: .*model\.safetensors.*truncated/],
  ["weights are empty", () => truncate(weights(), 0), 2, /WEIGHTS: .*too short/],
  ["the backbone is missing", () => rm(backbone, { recursive: true }), 2, /NOT_FOUND: no backbone/],
  [
    "config does not fit",
    () => change(config(), (t) => t.replace('"intermediate_size":256', '"intermediate_size":128')),
    2,
    /WEIGHTS: .*shape \[256,64\], its config asks for \[128,64\]/,
  ],
  [
    "the config is no CLIP's",
    () => change(config(), (t) => t.replace('"clip"', '"resnet"')),
    2,
    /MODEL: .*"resnet" model, not a CLIP/,
  ],
  ["the config is no JSON", () => writeFile(config(), "{"), 2, /MODEL: config\.json is not JSON/],
  ["the tokenizer is missing", () => rm(join(backbone, "tokenizer.json")), 2, /TOKENIZER: /],
  [
    "a weight is NaN",
    () =>
      writeTinyBackbone(backbone, (name, d) => (name === "visual_projection.weight" ? d.fill(Number.NaN, 7, 8) : d)),
    1,
    /NUMERIC: .*visual_projection\.weight holds NaN/,
  ],
  [
    "a tensor is missing",
    () => writeTinyBackbone(backbone, (name, d) => (name === "text_projection.weight" ? undefined : d)),
    2,
    /WEIGHTS: .*no tensor text_projection\.weight/,
  ],
  [
    "a class has no image",
    () => rm(join(data, "train", "cross"), { recursive: true }).then(() => mkdir(join(data, "train", "cross"))),
    2,
    /DATASET: .*cross/,
  ],
  [
    "valid has an unknown class",
    () => cp(join(data, "valid", "cross"), join(data, "valid", "star"), { recursive: true }),
    2,
    /DATASET: .*star/,
  ],
  ["a split is not there", () => rm(join(data, "valid"), { recursive: true }), 2, /DATASET: .*valid/],
  ["the data is not there", () => rm(data, { recursive: true }), 2, /DATASET: .*data/],
])("%s", async (_, spoil, code, message) => {
  await spoil();
  const result = await train();
  expect(result.line).toMatch(message);
  expect(result.lines).toHaveLength(1);
  expect(result.code).toBe(code);
  await expect(readdir(join(folder, "out"))).rejects.toThrow();
});

it("reports and counts a single unreadable image", async () => {
  await writeFile(image(), "no picture");
  const { code, stderr } = await train();
  expect(code).toBe(0);
  expect(stderr).toMatch(/skipped: .*cross.0\.png/);
  const manifest = JSON.parse(await readFile(join(folder, "out", "run.json"), "utf8"));
  expect(manifest.data.train).toMatchObject({ unreadable: 1, unreadableFiles: ["train/cross/0.png"] });
});

it("fails if more than 1 % is unreadable, unless --allow-bad permits it", async () => {
  await writeFile(image(), "");
  await writeFile(join(data, "train", "square", "1.png"), "no picture");
  expect(await train()).toMatchObject({
    code: 2,
    line: expect.stringMatching(/DATASET: 2 images of the train split are unreadable, 1 are allowed.*--allow-bad/),
  });
  await rm(join(folder, "out"), { recursive: true, force: true });
  expect(await train("--allow-bad", "2")).toMatchObject({ code: 0 });
});

it("stops at the step whose loss is not finite and names the term", async () => {
  const huge = { shape: [3, 10, 64], data: new Float32Array(3 * 10 * 64).fill(3e38) };
  const init = join(folder, "huge.safetensors");
  await writeFile(init, writeSafetensors(new Map([["text.context", huge]]), {}));
  const { code, line } = await train("--init", init);
  expect(code).toBe(1);
  expect(line).toMatch(
    /NUMERIC: (L_\w+|the gradient of [\w.]+) (became|is not).*, stopped at step 1 \(nothing was learned yet\)/,
  );
  // The folder is unlocked afterwards.
  expect(await train()).toMatchObject({ code: 0 });
});

it("rejects a checkpoint of another backbone, other classes, or a missing one", async () => {
  await train("--variant", "coop");
  const checkpoint = join(folder, "out", "best.safetensors");
  const evaluate = (...more: string[]) =>
    call(
      "evaluate",
      "--data",
      data,
      "--dataset",
      "folder",
      "--backbone",
      backbone,
      "--checkpoint",
      checkpoint,
      "--threads",
      "1",
      ...more,
    );
  expect((await evaluate()).code).toBe(0);
  expect((await evaluate("--backbone", "faceclip-mini")).line).toMatch(/CHECKPOINT: it was trained on "backbone"/);
  expect((await evaluate("--checkpoint", weights())).line).toMatch(/CHECKPOINT: not a mpa-fer\/1 checkpoint/);
  await cp(join(data, "train", "cross"), join(data, "train", "star"), { recursive: true });
  await cp(join(data, "valid", "cross"), join(data, "valid", "star"), { recursive: true });
  expect(await evaluate()).toMatchObject({
    code: 2,
    line: expect.stringMatching(/CHECKPOINT: its classes are "circle", "cross", "square"; the data's are .*star/),
  });
});

it("predicts the valid images and reports an error for the others", async () => {
  await writeFile(image(), "no picture");
  const good = join(data, "train", "cross", "1.png");
  const { code, stdout } = await call("predict", image(), good, "--no-detect", "--json", "-", "--threads", "1");
  expect(code).toBe(1);
  const [bad, fine] = JSON.parse(stdout);
  expect(bad.error).toMatch(/cross.0\.png/);
  expect(bad.faces).toEqual([]);
  expect(fine.faces).toHaveLength(1);
});

it("names a missing column of a label file, and its line", async () => {
  const root = join(folder, "ferplus");
  await mkdir(join(root, "FER2013Train"), { recursive: true });
  await writeFile(join(root, "FER2013Train", "label.csv"), 'a.png,"(0, 0, 48, 48)",4,0,0,1,3,2,0,0,0\n');
  const { code, line } = await call("train", "--data", root, "--dataset", "ferplus", "--out", join(folder, "out"));
  expect(code).toBe(2);
  expect(line).toMatch(/DATASET: .*label\.csv:1/);
});
