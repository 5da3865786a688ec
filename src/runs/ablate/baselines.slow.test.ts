/** The table of baselines on a small data set: frozen features are shared, learned cells are saved, and scored from what was saved. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { matmul } from "../../graph/ops/index.ts";
import { constant } from "../../graph/tensor.ts";
import type { Baseline } from "../../method/baselines/baseline.ts";
import { baselines } from "../../method/baselines/baselines.ts";
import { activePlugins } from "../../platform/registry.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { evaluateSchema } from "../evaluate/options.ts";
import { ablate } from "./ablate.ts";
import { readBaseline } from "./baselineFile.ts";
import { estimateAblation } from "./estimate.ts";
import { ablateSchema } from "./options.ts";

let folder: string;
let shared: { data: string; dataset: string; backbone: string; hardPrompt: 2; threads: number; batchSize: number };
const methods = "zero-shot,linear-probe,tip-adapter,tip-adapter-f,maple,promptsrc,kgcoop";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-baselines-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 6, valid: 4, test: 5 });
  shared = { data, dataset: "folder", backbone, hardPrompt: 2, threads: 2, batchSize: 6 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const out = () => join(folder, "table");
const configOf = (options: Record<string, unknown> = {}) =>
  ablateSchema.config.parse({
    ...{ ...shared, table: ["baselines"], methods, seeds: "1,2", epochs: 1, augment: "none", out: out() },
    ...options,
  });
const fileOf = (cell: string) => join(out(), cell, "baseline.safetensors");

it("has a row for each method, on the same features", async () => {
  const { rows } = await ablate(configOf(), {}, () => undefined);
  expect(rows.map(({ name }) => name)).toEqual(methods.split(","));
  const [classes, width] = (await readBaseline(fileOf("zero-shot-1"))).tensors.theta.shape;
  const images = 6 * classes;
  // Both towers have two layers of width 64, with two tokens in each (MaPLe) or four (PromptSRC).
  const [coupled, independent] = [2 * (2 * 64 + 64 * 64 + 64), 2 * 2 * 4 * 64];
  const learned = [0, classes * (width + 1), 0, images * width, coupled, independent, 4 * 64];
  expect(rows.map(({ parameters }) => parameters)).toEqual(learned);
  expect(await readdir(join(out(), "features"))).toHaveLength(2);
  expect(await readdir(join(out(), "tip-adapter-f-2"))).toEqual(["baseline.safetensors", "scores-valid.json"]);
  expect(await readFile(join(out(), "table.md"), "utf8")).toContain("| `kgcoop` |");
});

it("adds the term of KgCoOp with its weight of 8", async () => {
  const lines = (await readFile(join(out(), "kgcoop-1", "metrics.jsonl"), "utf8")).trim().split("\n");
  const step = z.object({ L_vt: z.number(), L_kg: z.number().positive(), L_total: z.number() });
  const found = lines.flatMap((line) => {
    const read = step.safeParse(JSON.parse(line));
    return read.success ? [read.data] : [];
  });
  expect(found.length).toBeGreaterThan(0);
  for (const { L_vt, L_kg, L_total } of found) expect(L_total).toBeCloseTo(L_vt + 8 * L_kg, 5);
});

it("estimates the rows that train prompts, and says which it leaves out", async () => {
  const { rows, untimed } = await estimateAblation(configOf({ out: join(folder, "estimate") }), {});
  expect(rows.map(({ name }) => name)).toEqual(["kgcoop"]);
  expect(untimed).toEqual(methods.split(",").slice(0, -1));
  const none = estimateAblation(configOf({ methods: "zero-shot", out: join(folder, "estimate") }), {});
  await expect(none).rejects.toMatchObject({ code: "USAGE" });
});

it("gives zero-shot the score that evaluate gives hard prompts", async () => {
  const { evaluation } = await evaluate(evaluateSchema.config.parse({ ...shared, split: "valid" }));
  const { rows } = await ablate(configOf());
  expect(rows[0].accuracy).toEqual({ mean: evaluation.accuracy, sd: 0 });
  expect(rows[0].uar.mean).toBeCloseTo(evaluation.uar, 12);
});

it("learns other keys than the training features, which Tip-Adapter keeps", async () => {
  const [kept, learned] = await Promise.all(
    ["tip-adapter-1", "tip-adapter-f-1"].map((cell) => readBaseline(fileOf(cell))),
  );
  expect(learned.tensors.keys.shape).toEqual(kept.tensors.keys.shape);
  expect(learned.tensors.values).toEqual(kept.tensors.values);
  expect(learned.tensors.keys.data).not.toEqual(kept.tensors.keys.data);
});

it.each(["maple", "promptsrc"])("scores %s on features of its own prompts, which differ by the seed", async (name) => {
  const [first, second, zeroShot] = await Promise.all(
    [`${name}-1`, `${name}-2`, "zero-shot-1"].map((cell) => readBaseline(fileOf(cell))),
  );
  expect(first.tensors["text.prompts"].data).not.toEqual(second.tensors["text.prompts"].data);
  expect(first.tensors.theta.shape).toEqual(zeroShot.tensors.theta.shape);
  const scores = z.object({ hits: z.array(z.number()) });
  const hitsOf = async (cell: string) =>
    scores.parse(JSON.parse(await readFile(join(out(), cell, "scores-valid.json"), "utf8"))).hits;
  expect(await hitsOf(`${name}-1`)).toHaveLength((await hitsOf("zero-shot-1")).length);
  const again = join(folder, `again-${name}`);
  await ablate(configOf({ methods: name, seeds: [1], out: again }));
  expect((await readBaseline(join(again, `${name}-1`, "baseline.safetensors"))).tensors).toEqual(first.tensors);
});

it.each([
  ["maple", "maple"],
  ["promptsrc", "promptsrc"],
  ["tip-adapter-f", "tip-adapter-f"],
])("saves nothing of %s when it is stopped while it trains", async (method, label) => {
  const stopped = join(folder, `stopped-${method}`);
  const stop = new AbortController();
  const progress = {
    start: (work: { label: string }) => {
      const update = () => (work.label === label ? stop.abort() : undefined);
      return { update, note: () => undefined, finish: () => undefined };
    },
  };
  const config = configOf({ methods: method, seeds: [1], out: stopped });
  const found = ablate(config, { signal: stop.signal, progress });
  await expect(found).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(await readdir(stopped)).not.toContain(`${method}-1`);
});

it("learns a plugin's baseline, and refuses what another version of its file has learned", async () => {
  const nearest: Baseline = {
    name: "nearest",
    learn: async ({ theta }) => ({ tensors: { theta }, settings: {}, parameters: 0 }),
    logits: ({ tensors: { theta } }, global) => matmul(global, constant(theta.data, theta.shape), { transB: true }),
  };
  const fill = async (sha256: string) => {
    const plugin = { name: "nearest", sha256, shapesTraining: false, baselines: [nearest.name] };
    const removals = [baselines.add(nearest), activePlugins.add(plugin)];
    try {
      return await ablate(configOf({ methods: "zero-shot,nearest", seeds: [1], out: join(folder, "nearest") }));
    } finally {
      for (const remove of removals) remove();
    }
  };
  const { rows } = await fill("a");
  // Without the scale the order of the classes is the same.
  expect(rows[1].accuracy).toEqual(rows[0].accuracy);
  await expect(fill("b")).rejects.toMatchObject({ code: "CHECKPOINT", message: expect.stringContaining("plugin") });
  expect((await fill("a")).rows[1].accuracy).toEqual(rows[1].accuracy);
});

it("refuses prompts in both encoders where a graph cannot hold both", async () => {
  const config = configOf({ methods: "maple", seeds: [1], precision: "int8", out: join(folder, "int8") });
  await expect(ablate(config)).rejects.toMatchObject({
    ...{ code: "USAGE", message: expect.stringContaining("use --precision fp32") },
  });
});

it("learns only new cells, with the same bits for the same seed, and opens the test split from what was saved", async () => {
  const before = await stat(fileOf("tip-adapter-f-1"));
  const { rows } = await ablate(configOf({ test: true }));
  expect((await stat(fileOf("tip-adapter-f-1"))).mtimeMs).toBe(before.mtimeMs);
  expect(rows.every(({ test }) => test !== undefined)).toBe(true);
  const again = join(folder, "again");
  await ablate(configOf({ methods: "tip-adapter-f", seeds: [1], out: again }));
  const { tensors } = await readBaseline(join(again, "tip-adapter-f-1", "baseline.safetensors"));
  expect(tensors).toEqual((await readBaseline(fileOf("tip-adapter-f-1"))).tensors);
});

it("leaves nothing behind when it is stopped, and starts the cell again", async () => {
  const stopped = join(folder, "stopped");
  const config = configOf({ methods: "linear-probe", seeds: [1], out: stopped });
  const stop = new AbortController();
  const progress = {
    start: ({ label }: { label: string }) => {
      if (label === "features of the validation images") stop.abort();
      return { update: () => undefined, note: () => undefined, finish: () => undefined };
    },
  };
  await expect(ablate(config, { signal: stop.signal, progress })).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(await readdir(stopped)).not.toContain("linear-probe-1");
  const { rows } = await ablate(config);
  expect(rows[0].accuracy.mean).toBeGreaterThan(0);
});

it("refuses other settings, damaged files and unknown methods, and leaves the files as they are", async () => {
  await expect(ablate(configOf({ methods: "linear-probe", hardPrompt: 1 }))).rejects.toMatchObject({
    code: "CHECKPOINT",
  });
  expect(() => configOf({ methods: "clip" })).toThrow(/must be of zero-shot, linear-probe/);
  expect(() => configOf({ methods: "coop,coop" })).toThrow(/twice/);
  const bytes = await readFile(fileOf("zero-shot-1"));
  await writeFile(fileOf("zero-shot-1"), bytes.subarray(0, bytes.length / 2));
  await expect(ablate(configOf({ methods: "zero-shot" }))).rejects.toMatchObject({ code: "WEIGHTS" });
  expect(await readFile(fileOf("zero-shot-1"))).toEqual(bytes.subarray(0, bytes.length / 2));
});
