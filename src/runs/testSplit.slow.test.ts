/** The test split: opened by its name alone, put on the run's record, and labelled where an epoch was chosen on it. */
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFolder } from "../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { evaluate } from "./evaluate/evaluate.ts";
import { evaluateSchema } from "./evaluate/options.ts";
import { trainSchema } from "./options.ts";
import { train } from "./train/train.ts";

let folder: string;
let shared: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-protocol-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 5, valid: 3, test: 4 });
  shared = { data, dataset: "folder", backbone, batchSize: 6, hardPrompt: 2, threads: 2 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (name: string, options: Record<string, unknown> = {}) =>
  train(trainSchema.config.parse({ ...shared, epochs: 2, variant: "coop", out: join(folder, name), ...options }));
const text = (name: string, file: string) => readFile(join(folder, name, file), "utf8");
const manifest = async (name: string) => JSON.parse(await text(name, "run.json"));
const score = async (name: string, options: Record<string, unknown> = {}) => {
  const notices: string[] = [];
  const checkpoint = join(folder, name);
  const config = evaluateSchema.config.parse({ ...shared, checkpoint, ...options });
  return { ...(await evaluate(config, { notice: (line) => notices.push(line) })), notices };
};

describe("a run with the project's own protocol", () => {
  beforeAll(() => run("plain"));

  it("does not read the test split, and records that", async () => {
    const { testSplitRead, testSplit, selection, protocol, data } = await manifest("plain");
    expect({ testSplitRead, testSplit, selection, protocol }).toEqual({
      ...{ testSplitRead: false, testSplit: { openings: [] }, selection: "valid", protocol: undefined },
    });
    expect(Object.keys(data)).toEqual(["train", "valid"]);
    expect(await text("plain", "report.html")).toContain("The test images were not used");
    await score("plain/best.safetensors");
    expect((await manifest("plain")).testSplitRead).toBe(false);
  });

  it("records each opening in run.json and the report, and warns about another checkpoint", async () => {
    const first = await score("plain/best.safetensors", { split: "test" });
    const { accuracy, uar } = first.evaluation;
    expect(first.evaluation).toMatchObject({ testSplit: { openings: 1, warnings: [] }, n: 12 });
    expect(first.notices).toEqual([]);
    const record = await manifest("plain");
    expect(record.testSplitRead).toBe(true);
    expect(record.testSplit.openings).toMatchObject([{ checkpoint: "best.safetensors", images: 12, accuracy, uar }]);
    expect(Date.parse(record.testSplit.openings[0].at)).toBeGreaterThan(Date.parse("2026-01-01"));
    expect(record).toMatchObject({ finished: true, steps: 6, metrics: { n: 9 } });
    expect(await text("plain", "report.html")).toContain("The test images were used once.");

    const again = await score("plain/best.safetensors", { split: "test" });
    expect(again.evaluation.testSplit).toEqual({ openings: 2, warnings: [] });
    await run("second", { seed: 2 });
    await copyFile(join(folder, "second", "best.safetensors"), join(folder, "plain", "other.safetensors"));
    const other = await score("plain/other.safetensors", { split: "test" });
    expect(other.evaluation.testSplit?.openings).toBe(3);
    expect(other.notices).toEqual([
      expect.stringMatching(/1 other checkpoint of this run was evaluated on the test split before/),
    ]);
    expect(await text("plain", "report.html")).toContain("used 3 times");
  });

  it("distinguishes other data sets from its own test split, also after its data has moved", async () => {
    const data = await drawnFolder(join(folder, "moving"), { train: 4, valid: 3, test: 2 });
    await run("crossed", { data, limit: 3 });
    const elsewhere = await score("crossed/best.safetensors", { split: "test" });
    expect(elsewhere.evaluation).toMatchObject({ n: 12, testSplit: { openings: 1, warnings: [] } });
    const crossed = await manifest("crossed");
    expect(crossed.testSplitRead).toBe(false);
    expect(crossed.testSplit.openings).toMatchObject([{ dataset: "folder", isOwn: false, images: 12 }]);
    const report = await text("crossed", "report.html");
    expect(report).toContain("The test images were not used");
    expect(report).toContain(`folder (index ${crossed.testSplit.openings[0].index.slice(0, 8)})`);

    // Another folder of the very same list of images is another data set as long as the run's own is there.
    await cp(data, join(folder, "moved"), { recursive: true });
    const copy = { split: "test", data: join(folder, "moved") };
    await score("crossed/best.safetensors", copy);
    await rm(data, { recursive: true });
    const own = await score("crossed/best.safetensors", copy);
    expect(own.evaluation.testSplit?.openings).toBe(1);
    const { testSplitRead, testSplit } = await manifest("crossed");
    expect(testSplitRead).toBe(true);
    expect(testSplit.openings.map(({ isOwn }: { isOwn: boolean }) => isOwn)).toEqual([false, false, true]);
    expect(await text("crossed", "report.html")).toContain("The test images were used once.");
    expect((await score("crossed/best.safetensors", { split: "test" })).evaluation.testSplit?.openings).toBe(2);
  });

  it("records an opening if the report cannot be rewritten", async () => {
    await run("torn");
    await writeFile(join(folder, "torn", "metrics.jsonl"), "{");
    const { evaluation } = await score("torn/best.safetensors", { split: "test" });
    expect(evaluation.testSplit).toEqual({
      openings: 1,
      warnings: [expect.stringMatching(/^report\.html does not tell of the opening: .*metrics\.jsonl:1/)],
    });
    expect((await manifest("torn")).testSplit.openings).toHaveLength(1);
  });

  it("has the faces of the worst mistakes only in the report, and not there if they are turned off", async () => {
    const pictures = (name: string) => text(name, "report.html").then((page) => page.match(/<img /g)?.length ?? 0);
    const { metrics } = await manifest("plain");
    const wrong = Math.round((1 - metrics.accuracy) * metrics.n);
    expect(wrong).toBeGreaterThan(0);
    expect(await pictures("plain")).toBe(wrong);
    await run("faceless", { reportFaces: false });
    expect(await pictures("faceless")).toBe(0);
    expect(await text("faceless", "report.html")).toContain("Worst mistakes");
  });

  it("evaluates a checkpoint without a run.json, with a warning", async () => {
    await copyFile(join(folder, "plain", "best.safetensors"), join(folder, "alone.safetensors"));
    const { notices, evaluation } = await score("alone.safetensors", { split: "test" });
    expect(notices).toEqual([expect.stringMatching(/no run\.json beside .*on no record/)]);
    expect(evaluation.n).toBe(12);
    await writeFile(join(folder, "run.json"), "{");
    const broken = await score("alone.safetensors", { split: "test" });
    expect(broken.notices).toEqual([expect.stringMatching(/on no record: the file is not JSON/)]);
    expect(await readFile(join(folder, "run.json"), "utf8")).toBe("{");
  });
});

describe("a run with the paper's protocol", () => {
  it("selects on the test split, and labels every figure with that", async () => {
    const label = /paper protocol: the best epoch was chosen on the test split itself/;
    const result = await run("paper", { paperProtocol: true });
    expect(result.protocol).toMatch(label);
    expect(result.metrics?.n).toBe(12);
    const record = await manifest("paper");
    expect(record).toMatchObject({ testSplitRead: true, selection: "test", protocol: expect.stringMatching(label) });
    expect(Object.keys(record.data)).toEqual(["train", "test"]);
    const epochs = (await text("paper", "metrics.jsonl")).split("\n").filter((line) => line.includes('"epoch"'));
    for (const line of epochs.filter((each) => JSON.parse(each).kind === "epoch")) expect(line).toMatch(label);
    expect(await text("paper", "report.html")).toMatch(label);
    await copyFile(join(folder, "paper", "best.safetensors"), join(folder, "paper.safetensors"));
    const { evaluation } = await score("paper.safetensors", { split: "test" });
    expect(evaluation.protocol).toMatch(label);
    expect(evaluation.accuracy).toBe(result.metrics?.accuracy);
    expect((await score("paper.safetensors")).evaluation.protocol).toBeUndefined();
  });
});
