/** Ablation of a small data set: one run per cell; finished cells are skipped and stopped ones resumed. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { trainSchema } from "../options.ts";
import { train } from "../train/train.ts";
import { ablate } from "./ablate.ts";
import { ablateSchema } from "./options.ts";

let folder: string;
let shared: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-ablate-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 6, valid: 4, test: 5 });
  const out = join(folder, "table");
  shared = { data, dataset: "folder", backbone, out, epochs: 2, batchSize: 6, hardPrompt: 2, threads: 2 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (options: Record<string, unknown> = {}) =>
  ablateSchema.config.parse({ ...shared, table: ["components"], seeds: "1,2", ...options });
const runs = async () => (await readdir(join(folder, "table"))).filter((name) => /-\d$/.test(name));
const changed = async (name: string) => (await stat(join(folder, "table", name, "run.json"))).mtimeMs;

it("stops on its signal and resumes", async () => {
  const stop = new AbortController();
  const progress = {
    start: ({ label }: { label: string }) => ({
      update: () => {
        if (label === "training" && stop.signal.aborted === false) stop.abort();
      },
      note: () => undefined,
      finish: () => undefined,
    }),
  };
  await expect(ablate(configOf(), { signal: stop.signal, progress })).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(await runs()).toEqual(["coop-1"]);
  const { rows } = await ablate(configOf());
  expect(rows.map(({ name }) => name)).toEqual(["coop", "+vp", "+proto", "+spa", "mpa"]);
  expect((await runs()).sort()).toEqual([
    "+proto-1",
    "+proto-2",
    "+spa-1",
    "+spa-2",
    "+vp-1",
    "+vp-2",
    "coop-1",
    "coop-2",
    "mpa-1",
    "mpa-2",
  ]);
  for (const [i, { accuracy, gain, parameters }] of rows.entries()) {
    expect(accuracy.sd).toBeGreaterThanOrEqual(0);
    expect(gain === undefined).toBe(i === 0);
    expect(parameters).toBe(3 * 10 * 64 + (i === 0 ? 0 : 2 * 8 * 64));
  }
  const { gain } = rows[4];
  expect(gain?.difference).toBeCloseTo(rows[4].accuracy.mean - rows[3].accuracy.mean, 10);
  expect(await readFile(join(folder, "table", "table.md"), "utf8")).toMatch(/\| `mpa` \|/);
});

it("trains only new cells", async () => {
  const before = await changed("mpa-2");
  const { rows } = await ablate(configOf({ seeds: [1, 2, 3] }));
  expect(await changed("mpa-2")).toBe(before);
  expect(await runs()).toHaveLength(15);
  expect(rows[0].accuracy.sd).toBeGreaterThanOrEqual(0);
});

it("computes the features of the same images once, with identical values", async () => {
  const kept = await readdir(join(folder, "table", "features"));
  // One split, the same images for every seed.
  expect(kept).toHaveLength(1);
  const alone = trainSchema.config.parse({ ...shared, variant: "mpa", seed: 1, out: join(folder, "alone") });
  await train(alone);
  const [own, cells] = await Promise.all(
    ["alone", "table/mpa-1"].map((name) => readFile(join(folder, name, "last.safetensors"))),
  );
  expect(own.equals(cells)).toBe(true);
});

it("scores the test split once, after all rows", async () => {
  const opened: string[] = [];
  const progress = {
    start: ({ label }: { label: string }) => {
      opened.push(label);
      return { update: () => undefined, note: () => undefined, finish: () => undefined };
    },
  };
  const { rows, testOpened } = await ablate(configOf({ seeds: [1, 2, 3], test: true }), { progress });
  expect(opened.filter((label) => label === "scoring test")).toHaveLength(15);
  expect(opened.lastIndexOf("cell 15/15")).toBeLessThan(opened.indexOf("scoring test"));
  expect(rows[4].test?.gain?.difference).toBeCloseTo(
    (rows[4].test?.accuracy.mean ?? 0) - (rows[3].test?.accuracy.mean ?? 0),
    10,
  );
  const run = JSON.parse(await readFile(join(folder, "table", "mpa-2", "run.json"), "utf8"));
  expect(run.testSplit.openings).toMatchObject([{ checkpoint: "best.safetensors", images: 15 }]);
  expect(await readFile(join(folder, "table", "table.md"), "utf8")).toContain("## The test split");
  expect(await readFile(join(folder, "table", "report.html"), "utf8")).toContain("The test split");
  opened.length = 0;
  const again = await ablate(configOf({ seeds: [1, 2, 3], test: true }), { progress });
  expect(opened).not.toContain("scoring test");
  expect(again.testOpened).toEqual(testOpened);
});

it("labels a table with the paper's protocol", async () => {
  const out = join(folder, "paper");
  const { protocol, split } = await ablate(configOf({ out, seeds: [1], epochs: 1, paperProtocol: true }));
  expect(split).toBe("test");
  expect(protocol).toMatch(/^paper protocol/);
  for (const file of ["table.md", "table.json", "report.html"]) {
    expect(await readFile(join(out, file), "utf8")).toContain(
      "paper protocol: the best epoch was chosen on the test split",
    );
  }
});

it("rejects different settings in one table", async () => {
  await expect(ablate(configOf({ lr: 0.5 }))).rejects.toMatchObject({ code: "CHECKPOINT" });
  expect(() => configOf({ seeds: "1,1" })).toThrow(/twice/);
  expect(() => configOf({ seeds: "x" })).toThrow(/whole numbers/);
  expect(() => configOf({ variant: "mpa" })).toThrow();
});
