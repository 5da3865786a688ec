/** `export`: trained prompts of every part of the method, in a file and in folders for other programs. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { folderTexts } from "../../clip/backbone.node.ts";
import { assembleBackbone } from "../../clip/backbone.ts";
import { parseClipPreprocess, preprocessorConfig } from "../../clip/preprocess.ts";
import { openWeightBytes } from "../../clip/weights.ts";
import { openSession } from "../../graph/runtime/session.node.ts";
import { parseCheckpoint } from "../../method/checkpoint.ts";
import { classifierModel } from "../../method/classifierModel.ts";
import { modelOver } from "../../method/model.ts";
import { trainSchema } from "../../runs/options.ts";
import { train } from "../../runs/train/train.ts";
import { exportClassifier } from "./export.ts";
import { exportSchema } from "./options.ts";

let folder: string;
let backbone: string;
let checkpoint: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  process.env.XDG_CACHE_HOME = join(folder, "cache");
  backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 4, valid: 2 });
  const out = join(folder, "run");
  const options = { data, dataset: "folder", backbone, out, epochs: 1, batchSize: 4, hardPrompt: 2, threads: 1 };
  await train(trainSchema.config.parse(options));
  checkpoint = join(out, "best.safetensors");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (options: Record<string, unknown>) =>
  exportClassifier(exportSchema.config.parse({ backbone, checkpoint, threads: 1, ...options }));

describe("a model with visual prompts and local alignment", () => {
  it("is exported to one file with the same probabilities for any batch", async () => {
    const out = join(folder, "faces.onnx");
    const { difference, classes, bytes } = await run({ out });
    expect(difference).toBeLessThan(1e-5);
    expect(classes).toEqual(["circle", "cross", "square"]);
    const file = await readFile(out);
    expect(file.length).toBe(bytes);
    const text = file.toString("latin1");
    for (const part of ["mpa-fer/onnx-1", '["circle","cross","square"]', '"localTopK"', "pixel_values", "batch"]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("com.microsoft");
    expect(text).not.toContain("text_model");
  });

  it("is exported to the same bytes from weights in memory, as the page has them", async () => {
    const out = join(folder, "of-a-file.onnx");
    await run({ out });
    const weights = new Uint8Array(await readFile(join(backbone, "model.safetensors")));
    const inMemory = await assembleBackbone({
      name: basename(backbone),
      texts: folderTexts(backbone),
      weights: () => openWeightBytes(weights, "model.safetensors", backbone),
      sessions: () => openSession,
    });
    const name = "taught.safetensors";
    const prompts = { checkpoint: parseCheckpoint(await readFile(checkpoint), name, inMemory), name };
    const { bytes } = await classifierModel(await modelOver(inMemory, prompts, { threads: 1, provider: "cpu" }));
    expect((await readFile(out)).equals(bytes)).toBe(true);
  });

  it("is exported to an int8 file with nearly the same probabilities", async () => {
    const { difference } = await run({ out: join(folder, "faces8.onnx"), precision: "int8" });
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.05);
  });

  it("is exported to a folder for Transformers.js", async () => {
    const out = join(folder, "transformers");
    await run({ out, layout: "transformers" });
    expect((await readdir(out, { recursive: true })).sort()).toEqual([
      "config.json",
      "onnx",
      "onnx/model.onnx",
      "preprocessor_config.json",
    ]);
    const { id2label, num_labels } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    expect({ id2label, num_labels }).toEqual({ id2label: { 0: "circle", 1: "cross", 2: "square" }, num_labels: 3 });
  });

  it("is exported to a model repository for Triton", async () => {
    const out = join(folder, "triton");
    await run({ out, layout: "triton" });
    expect(await readFile(join(out, "expressions/labels.txt"), "utf8")).toBe("circle\ncross\nsquare\n");
    const config = await readFile(join(out, "expressions/config.pbtxt"), "utf8");
    expect(config).toContain('name: "pixel_values" data_type: TYPE_FP32 dims: [ 3, ');
    expect(config).toContain('name: "probabilities" data_type: TYPE_FP32 dims: [ 3 ]');
  });

  it("does not replace a non-empty folder", async () => {
    await expect(run({ out: join(folder, "data"), layout: "triton" })).rejects.toMatchObject({ code: "WRITE" });
  });
});

it("round-trips the preprocessing", () => {
  for (const given of [
    { size: 48, crop_size: 48 },
    { size: { height: 48, width: 48 }, do_center_crop: false, resample: 1, image_mean: [0.5, 0.4, 0.3] },
    { do_resize: false, crop_size: 48, do_normalize: false, do_rescale: false },
  ]) {
    const first = parseClipPreprocess(given, 48, "here");
    expect(parseClipPreprocess(preprocessorConfig(first), 48, "here")).toEqual(first);
  }
});
