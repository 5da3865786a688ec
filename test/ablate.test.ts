/** A table on a small data set: a run a cell, finished cells left alone, stopped ones gone on with. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ablate } from "../src/ablation/ablate.ts";
import { ablateSchema } from "../src/config.ts";
import { drawnFolder } from "./drawnFolder.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

let folder: string;
let shared: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-ablate-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 6, valid: 4 });
  const out = join(folder, "table");
  shared = { data, dataset: "folder", backbone, out, epochs: 2, batchSize: 6, hardPrompt: 2, threads: 2 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (options: Record<string, unknown> = {}) =>
  ablateSchema.config.parse({ ...shared, table: ["components"], seeds: "1,2", ...options });
const runs = async () => (await readdir(join(folder, "table"))).filter((name) => !name.startsWith("table."));
const changed = async (name: string) => (await stat(join(folder, "table", name, "run.json"))).mtimeMs;

it("stops cleanly and goes on where it stopped", async () => {
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

it("runs no finished cell again, and only what is new", async () => {
  const before = await changed("mpa-2");
  const { rows } = await ablate(configOf({ seeds: [1, 2, 3] }));
  expect(await changed("mpa-2")).toBe(before);
  expect(await runs()).toHaveLength(15);
  expect(rows[0].accuracy.sd).toBeGreaterThanOrEqual(0);
});

it("refuses to mix settings in one table", async () => {
  await expect(ablate(configOf({ lr: 0.5 }))).rejects.toMatchObject({ code: "CHECKPOINT" });
  expect(() => configOf({ seeds: "1,1" })).toThrow(/twice/);
  expect(() => configOf({ seeds: "x" })).toThrow(/whole numbers/);
  expect(() => configOf({ variant: "mpa" })).toThrow();
});
