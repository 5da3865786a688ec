/**
 * Verification of small CLIPs. Their towers are random; their projections are solved so that the drawings lie at their sentences and
 * texts near those of the same meaning, which real weights have learned.
 */
import { copyFile, cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import { openaiTokenizerFiles } from "../../clip/convert/tokenizer.node.ts";
import type { ClipShape } from "../../clip/random.node.ts";
import { textOrders } from "./behaviourChecks.ts";
import { drawnGroups, drawPicture } from "./drawings.ts";
import { pictureFeatures, sentenceFeatures } from "./features.ts";
import { verifySchema } from "./options.ts";
import { publishedClips } from "./published.ts";
import { type Verification, verify } from "./verify.ts";

const shape: ClipShape = {
  vision: { width: 64, layers: 2, heads: 4, imageSize: 48, patchSize: 8 },
  text: { width: 64, layers: 2, heads: 4, vocabulary: 49_408 },
  jointWidth: 64,
};
const runtime = { threads: 1, provider: "cpu" };
let folder: string;
let good: string;
let projections: Readonly<Record<string, Float32Array>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-verify-"));
  const plain = await written("plain", (name, data) =>
    name.endsWith("projection.weight") ? identity() : towers(name, data),
  );
  projections = await solvedProjections(plain);
  good = await written("good", solved);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const solved = (name: string, data: Float32Array): Float32Array => projections[name] ?? towers(name, data);

/** Towers whose features depend on the activation more than those of random ones. */
const towers = (name: string, data: Float32Array): Float32Array =>
  name.endsWith("fc2.weight") ? data.map((value) => 8 * value) : data;

async function written(name: string, alter: (name: string, data: Float32Array) => Float32Array, vision = {}) {
  const out = await writeTinyBackbone(join(folder, name), alter, shape, vision);
  await rm(join(out, "tokenizer.json"));
  for (const [file, content] of Object.entries(await openaiTokenizerFiles())) await writeFile(join(out, file), content);
  return out;
}

const check = (backbone: string, more = {}): Promise<Verification> =>
  verify(verifySchema.config.parse({ backbone, threads: 1, ...more }));
const failures = ({ checks }: Verification) =>
  checks.filter(({ state }) => state === "failed").map(({ check: name }) => name);

it("passes a whole backbone, and says what nobody has published of it", async () => {
  const { checks, failed } = await check(good);
  expect({ failed, states: Object.fromEntries(checks.map(({ check: name, state }) => [name, state])) }).toEqual({
    failed: 0,
    states: {
      "SHA-256 of model.safetensors": "unknown",
      files: "ok",
      sizes: "unknown",
      "shapes of the tensors": "ok",
      "tensors besides": "ok",
      "types of the tensors": "ok",
      "logit scale": "ok",
      "activation in config.json": "unknown",
      "layer-norm epsilon": "unknown",
      'tokens of "a photo of a cat"': "ok",
      "tokens of other published texts": "ok",
      "tokens of the 24 hard prompts": "ok",
      preprocessing: "ok",
      features: "ok",
      "drawn pictures nearest to their sentence": "ok",
      "pairs of texts in order": "ok",
      "activation that suits the weights": "ok",
    },
  });
  expect(checks.find(({ check: name }) => name.startsWith("drawn"))?.found).toBe("10 of 10");
});

it("finds an image tower of another model", async () => {
  const swapped = await written("swapped", (name, data) =>
    name.startsWith("vision_model") && name.endsWith("proj.weight")
      ? towers(name, data.toReversed())
      : solved(name, data),
  );
  expect(failures(await check(swapped))).toContain("drawn pictures nearest to their sentence");
});

it("finds a text tower of another model", async () => {
  const swapped = await written("swapped-text", (name, data) =>
    name.startsWith("text_model") && name.endsWith("weight") ? towers(name, data.toReversed()) : solved(name, data),
  );
  expect(failures(await check(swapped))).toContain("drawn pictures nearest to their sentence");
});

it("finds an image tower with gelu whose weights were trained with quick_gelu", async () => {
  const wrong = await copied("gelu");
  const config = JSON.parse(await readFile(join(wrong, "config.json"), "utf8"));
  config.vision_config.hidden_act = "gelu";
  await writeFile(join(wrong, "config.json"), JSON.stringify(config));
  expect(failures(await check(wrong))).toContain("activation that suits the weights");
});

it("finds a tokenizer whose ids are not OpenAI's", async () => {
  const wrong = await copied("tokens");
  const vocab = JSON.parse(await readFile(join(wrong, "vocab.json"), "utf8"));
  const [cat, photo] = [vocab["cat</w>"], vocab["photo</w>"]];
  await writeFile(join(wrong, "vocab.json"), JSON.stringify({ ...vocab, "cat</w>": photo, "photo</w>": cat }));
  const { checks } = await check(wrong);
  expect(checks.find(({ check: name }) => name === 'tokens of "a photo of a cat"')).toMatchObject({
    expected: "49406 320 1125 539 320 2368 49407",
    found: "49406 320 2368 539 320 1125 49407",
    state: "failed",
  });
});

it("finds layers that the config leaves out", async () => {
  const wrong = await copied("layers");
  const config = JSON.parse(await readFile(join(wrong, "config.json"), "utf8"));
  config.vision_config.num_hidden_layers = 1;
  await writeFile(join(wrong, "config.json"), JSON.stringify(config));
  expect(failures(await check(wrong))).toContain("tensors besides");
});

it("finds a file that is cut off, with exit code 1", async () => {
  const wrong = await copied("short");
  await truncate(join(wrong, "model.safetensors"), 1_000_000);
  const { code, stdout } = await callProgram(["verify", "--backbone", wrong, "--json", "-"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    weights: { file: "model.safetensors", bytes: 1_000_000 },
    failed: 1,
    checks: [{ state: "unknown" }, { check: "files", state: "failed", found: expect.stringMatching(/^WEIGHTS: /) }],
  });
});

it("knows the hashes of the bundled backbone, nothing of its tokens and drawings, and fails nothing", async () => {
  const { failed, checks } = await check("faceclip-mini");
  expect(failed).toBe(0);
  expect(checks.filter(({ state }) => state === "unknown").map(({ check: name }) => name)).toEqual(
    expect.arrayContaining(['tokens of "a photo of a cat"', "preprocessing"]),
  );
  expect(checks.slice(0, 2)).toMatchObject([
    {
      check: "SHA-256 of model.safetensors",
      expected: expect.stringMatching(/^[0-9a-f]{16}…, as shipped$/),
      state: "ok",
    },
    { check: "other bundled files", found: "as shipped", state: "ok" },
  ]);
});

it("compares the logits of the cats with nothing but their own picture and model", async () => {
  const image = join(folder, "other.png");
  await copyFile(join(import.meta.dirname, "../../../test/fixtures/preprocess/odd-37x53.png"), image);
  const { checks } = await check(good, { image });
  expect(checks.slice(-2).map(({ check: name, state }) => [name, state])).toEqual([
    ["SHA-256 of the picture", "failed"],
    ["logits of a photo of a cat, a photo of a dog", "unknown"],
  ]);
});

it("has a hash and a size for a file of each published CLIP", () => {
  for (const { repo, revision, weights } of publishedClips) {
    expect(repo).toMatch(/^openai\/clip-vit-/);
    expect(revision).toMatch(/^[0-9a-f]{40}$/);
    for (const { bytes, sha256 } of Object.values(weights)) {
      expect(bytes).toBeGreaterThan(5e8);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  }
});

async function copied(name: string): Promise<string> {
  const out = join(folder, name);
  await cp(good, out, { recursive: true });
  return out;
}

const width = shape.jointWidth;
const identity = () => Float32Array.from({ length: width ** 2 }, (_, i) => (i % (width + 1) === 0 ? 1 : 0));

/** Projections that map the features of a backbone with identity projections to chosen directions. */
async function solvedProjections(plain: string): Promise<Readonly<Record<string, Float32Array>>> {
  const backbone = await openBackbone(plain);
  const drawings = drawnGroups.flat();
  const pictures = await Promise.all(drawings.map((each) => drawPicture(each, shape.vision.imageSize)));
  const texts = [...drawings.map(({ sentence }) => sentence), ...textOrders.flat()];
  // Within a group, the directions are those of a simplex: none can be further from the others.
  const corners = drawnGroups.flatMap(({ length }, g) =>
    drawnGroups[g].map((_, i) =>
      Float64Array.from(
        { length: width },
        (_e, e) => Number(e === 5 * g + i) - Number(Math.floor(e / 5) === g) / length,
      ),
    ),
  );
  const meanings = textOrders.flatMap((_, i) => [axis(20 + 2 * i), axis(20 + 2 * i), axis(21 + 2 * i)]);
  const directions = [...corners, ...meanings];
  return {
    "visual_projection.weight": solve(await pictureFeatures(backbone, pictures, runtime), corners),
    "text_projection.weight": solve(await sentenceFeatures(backbone, texts, runtime), directions),
  };
}

const axis = (at: number): Float64Array => Float64Array.from({ length: width }, (_, e) => Number(e === at));

/** The smallest W [E,E] with W·h = t for each pair of a feature h and a direction t: Tᵀ (H Hᵀ)⁻¹ H. */
function solve(features: readonly Float32Array[], targets: readonly Float64Array[]): Float32Array {
  const n = features.length;
  const rows = features.map((a, i) => [
    ...features.map((b) => a.reduce((sum, value, e) => sum + value * b[e], 0)),
    ...targets[i],
  ]);
  for (let pivot = 0; pivot < n; pivot++) {
    const best = rows
      .slice(pivot)
      .reduce((at, row, i) => (Math.abs(row[pivot]) > Math.abs(rows[at][pivot]) ? pivot + i : at), pivot);
    [rows[pivot], rows[best]] = [rows[best], rows[pivot]];
    rows[pivot] = rows[pivot].map((value) => value / rows[pivot][pivot]);
    for (let i = 0; i < n; i++) {
      const factor = rows[i][pivot];
      if (i !== pivot) rows[i] = rows[i].map((value, c) => value - factor * rows[pivot][c]);
    }
  }
  return Float32Array.from({ length: width ** 2 }, (_, at) => {
    const [e, v] = [Math.floor(at / width), at % width];
    return rows.reduce((sum, row, i) => sum + row[n + e] * features[i][v], 0);
  });
}
