/** Protocols on a small drawn data set: their rows, what is trained and scored, stopping and going on. */
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { evaluateSchema } from "../evaluate/options.ts";
import { writeFigures } from "../figures/figures.ts";
import { figuresSchema } from "../figures/options.ts";
import { runProtocolJob } from "./job.ts";
import { protocolSchema } from "./options.ts";
import { estimateProtocol, runProtocol } from "./protocol.ts";

let folder: string;
let shared: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-protocol-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 6, valid: 4 });
  shared = { data, dataset: "folder", backbone, epochs: 1, batchSize: 6, hardPrompt: 2, threads: 2, seeds: "1,2" };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (protocol: string, options: Record<string, unknown> = {}) =>
  protocolSchema.config.parse({ ...shared, protocol: [protocol], out: join(folder, protocol), ...options });
const runs = async (out: string) => (await readdir(out)).filter((name) => /-\d$/.test(name)).sort();
const manifest = async (run: string) => JSON.parse(await readFile(join(folder, run, "run.json"), "utf8"));
const text = (file: string) => readFile(join(folder, file), "utf8");

it("draws a curve over the shots, and goes on where it was stopped", async () => {
  const stop = new AbortController();
  const progress = {
    start: ({ label }: { label: string }) => ({
      update: () => {
        if (label === "training") stop.abort();
      },
      note: () => undefined,
      finish: () => undefined,
    }),
  };
  const config = configOf("few-shot", { shots: "1,3" });
  await expect(runProtocol(config, { signal: stop.signal, progress })).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(await runs(config.out)).toEqual(["1-1"]);
  const before = await estimateProtocol(config, {});
  expect(before).toMatchObject({ cells: 4, scoredImages: 48 });
  const notices: string[] = [];
  const { rows, split } = await runProtocol(config, { notice: (line) => notices.push(line) });
  expect(notices).toEqual([...new Set(notices)]);
  expect(await runs(config.out)).toEqual(["1-1", "1-2", "3-1", "3-2"]);
  expect(split).toBe("valid");
  expect(rows.map(({ name }) => name)).toEqual(["zero-shot", "1", "3"]);
  const [zeroShot] = rows[0].scores;
  expect(zeroShot).toMatchObject({ on: "valid", images: 12, accuracy: { sd: 0 } });
  const { data, dataset, backbone } = config;
  const scored = evaluateSchema.config.parse({ data, dataset, backbone, split: "valid", hardPrompt: 2, threads: 2 });
  expect(zeroShot.accuracy.mean).toBe((await evaluate(scored)).evaluation.accuracy);
  expect(rows[2].scores[0]).toMatchObject({ on: "valid", images: 12, gain: { seeds: 2 } });
  expect((await manifest("few-shot/1-2")).data).toMatchObject({ train: { images: 3 }, valid: { images: 3 } });
  expect((await manifest("few-shot/3-2")).data).toMatchObject({ train: { images: 9 }, valid: { images: 9 } });
  expect((await estimateProtocol(config, {})).cellsDone).toBe(4);
  const changed = (await stat(join(config.out, "3-2/run.json"))).mtimeMs;
  await runProtocol(config);
  expect((await stat(join(config.out, "3-2/run.json"))).mtimeMs).toBe(changed);
  expect(await text("few-shot/table.md")).toContain("| images a class | scored on |");
  expect((await text("few-shot/table.csv")).split("\r\n")).toHaveLength(5);
  expect(await text("few-shot/report.html")).toContain("training images a class");
});

it("scores each half of the classes by prompts of the first", async () => {
  const data = await fourClasses();
  const { rows, summary, notes } = await runProtocol(configOf("base-to-new", { data, variant: "coop" }));
  expect(notes[0]).toContain("base classes: circle, cross; new classes: ring, square");
  expect(rows.map(({ name }) => name)).toEqual(["zero-shot", "base classes"]);
  expect(rows[0].scores.map(({ on, images }) => [on, images])).toEqual([
    ["base", 8],
    ["new", 8],
  ]);
  const [base, added] = rows[1].scores;
  expect([base.on, base.images, added.on, added.images]).toEqual(["base", 8, "new", 8]);
  const h = (i: number) =>
    (2 * base.runs[i].accuracy * added.runs[i].accuracy) / (base.runs[i].accuracy + added.runs[i].accuracy);
  expect(summary.map(({ name }) => name)).toEqual([
    "zero-shot: harmonic mean of base and new",
    "harmonic mean of base and new",
  ]);
  expect(summary[1].value.mean).toBeCloseTo((h(0) + h(1)) / 2, 10);
  const { figures } = await writeFigures(figuresSchema.config.parse({ source: [join(folder, "base-to-new")] }));
  expect(figures.map(({ name }) => name)).toEqual(["base-to-new", "table", "summary"]);
  const csv = await text("base-to-new/figures/base-to-new.csv");
  expect(csv.split("\r\n").map((line) => line.split(",").slice(0, 2).join(" "))).toEqual([
    ...["scored on method", "base zero-shot", "new zero-shot", "harmonic mean zero-shot"],
    ...["base trained", "new trained", "harmonic mean trained", ""],
  ]);
  expect(await text("base-to-new/figures/table.tex")).toContain("zero-shot & base & 8");
  expect(await manifest("base-to-new/base-classes-1")).toMatchObject({
    config: { classes: ["circle", "cross"], context: "unified" },
  });
});

it("leaves each class out once and scores all", async () => {
  const { rows, summary } = await runProtocol(configOf("leave-one-class-out", { seeds: "1" }));
  expect(rows.map(({ name }) => name)).toEqual(["circle", "cross", "square"]);
  const recalls = rows.map(({ scores: [{ images, recall }] }) => {
    expect(images).toBe(12);
    return recall?.mean ?? Number.NaN;
  });
  expect(summary[0].value.mean).toBeCloseTo(recalls.reduce((a, b) => a + b) / 3, 10);
  expect((await manifest("leave-one-class-out/cross-1")).data.train.counts).toEqual({ circle: 6, square: 6 });
});

it("trains on each data set and scores all", async () => {
  const other = await fourClasses();
  const { rows } = await runProtocol(configOf("cross-data", { also: [`folder=${other}`], seeds: "1" }));
  expect(rows.map(({ name, scores }) => [name, ...scores.map(({ on, images }) => `${on} ${images}`)])).toEqual([
    ["folder data", "folder data 12", "folder four 12"],
    ["folder four", "folder data 12", "folder four 16"],
  ]);
  expect(await text("cross-data/table.md")).toContain("| `folder four` |");
  expect(await text("cross-data/report.html")).toContain("scored on");
});

it("keeps each person in one fold, and scores every image once", async () => {
  const persons = join(folder, "persons.csv");
  const files = ["circle", "cross", "square"].flatMap((name) =>
    [0, 1, 2, 3, 4, 5].map((i) => `train/${name}/${i}.png`),
  );
  const personOf = (file: string) => `p${Number(/(\d)\.png/.exec(file)?.[1]) % 3}`;
  await writeFile(persons, ["image,person", ...files.map((file) => `${file},${personOf(file)}`), ""].join("\n"));
  const { rows, summary, notes } = await runProtocol(configOf("k-fold", { folds: 3, persons, seeds: "1" }));
  expect(notes[0]).toContain("nobody is in two folds");
  expect(rows.map(({ scores: [{ on, images }] }) => [on, images])).toEqual([
    ["test", 6],
    ["test", 6],
    ["test", 6],
  ]);
  const total = rows.reduce((sum, { scores: [{ accuracy }] }) => sum + accuracy.mean * 6, 0);
  expect(summary[0].value.mean).toBeCloseTo(total / 18, 10);
  const { data } = await manifest("k-fold/fold-1-1");
  expect(data).toMatchObject({ train: { images: 6 }, valid: { images: 6 } });
  await writeFile(persons, "image,person\ntrain/cross/0.png,a\n");
  const broken = configOf("k-fold", { folds: 3, persons, out: join(folder, "broken") });
  await expect(runProtocol(broken)).rejects.toMatchObject({ code: "DATASET" });
});

it("finds cells finished that a worker trained and scored", async () => {
  const config = configOf("few-shot", { shots: "2", seeds: "1", out: join(folder, "shared") });
  const job = { config: { ...config, quiet: true }, row: "2", seed: 1, split: "valid" };
  expect(await runProtocolJob(JSON.parse(JSON.stringify(job)), {})).toEqual({ out: join(folder, "shared/2-1") });
  const opened: string[] = [];
  const progress = {
    start: ({ label }: { label: string }) => {
      opened.push(label);
      return { update: () => undefined, note: () => undefined, finish: () => undefined };
    },
  };
  const { rows } = await runProtocol(config, { progress });
  expect(opened).toEqual(["cell 1/1", "scoring valid"]);
  expect(rows.map(({ name, scores: [{ images }] }) => [name, images])).toEqual([
    ["zero-shot", 12],
    ["2", 12],
  ]);
  await expect(runProtocolJob({ ...job, row: "3" }, {})).rejects.toThrow(/no row 3/);
});

it("refuses options of other protocols", () => {
  expect(() => configOf("k-fold", { shots: "1" })).toThrow(/few-shot/);
  expect(() => configOf("few-shot", { limit: 3 })).toThrow(/left out/);
  expect(() => configOf("few-shot", { shots: "0" })).toThrow(/whole numbers/);
  expect(() => configOf("cross-data")).toThrow(/another data set/);
  expect(() => configOf("cross-data", { also: ["nothing=x"] })).toThrow(/kind of data set/);
});

/** The drawn classes and copies of the crosses as a fourth class. */
async function fourClasses(): Promise<string> {
  const data = await drawnFolder(join(folder, "four"), { train: 6, valid: 4 });
  for (const split of ["train", "valid"]) {
    await cp(join(data, split, "cross"), join(data, split, "ring"), { recursive: true });
  }
  return data;
}
