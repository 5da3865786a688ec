/** Records of runs by version 0.1.0 (test/fixtures/runs) are accepted by everything that reads `run.json`. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelCard } from "../src/apps/push/modelCard.ts";
import { readPublishedRun } from "../src/apps/push/publishedRun.ts";
import { RunList } from "../src/apps/serve/runList.ts";
import { trainCell } from "../src/runs/ablate/cell.ts";
import { ablateSchema } from "../src/runs/ablate/options.ts";
import { explainSetup } from "../src/runs/explain/models.ts";
import { explainSchema } from "../src/runs/explain/options.ts";
import { manifestText, readManifest, readRecordedRun, replayedOptions } from "../src/runs/manifest.ts";
import { trainSchema } from "../src/runs/options.ts";
import { recordTestEvaluation, writeRunReport } from "../src/runs/runReport.ts";
import { fingerprint, recordedFingerprint } from "../src/runs/train/fingerprint.ts";
import { checkReplay, readReplayed } from "../src/runs/train/replay.ts";

const fixtures = join(import.meta.dirname, "fixtures/runs");
const names = ["finished", "opened", "protocol", "stopped"];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-records-"));
  await cp(fixtures, folder, { recursive: true });
  for (const name of names) await writeFile(join(folder, name, "best.safetensors"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name, "run.json");
const text = (name: string) => readFile(join(fixtures, name, "run.json"), "utf8");

describe.each([
  ["finished", { finished: true, steps: 2, selection: "valid", best: { epoch: 0 } }, []],
  ["opened", { finished: true, steps: 2, selection: "valid", best: { epoch: 0 } }, ["best.safetensors"]],
  ["protocol", { finished: true, steps: 2, selection: "test", best: { epoch: 0 } }, []],
  ["stopped", { finished: false, steps: 12, selection: "valid", best: undefined }, []],
])("the record of a run: %s", (name, state, openings) => {
  it("is read as the run's manifest, and written with the same text", async () => {
    const { manifest, record } = await readRecordedRun(file(name));
    expect({ best: undefined, ...manifest }).toMatchObject(state);
    expect(manifest).toEqual(await readManifest(file(name)));
    expect(manifest.testSplit.openings.map(({ checkpoint }) => checkpoint)).toEqual(openings);
    expect(manifest.config.reportFaces).toBe(name !== "stopped");
    expect(manifestText(record)).toBe(await text(name));
  });

  it("repeats the run, also after its data was moved", async () => {
    const config = trainSchema.config.parse({ ...(await replayedOptions(file(name))), data: "elsewhere", memory: 1e9 });
    const past = await readReplayed(file(name));
    const data = Object.fromEntries(Object.entries(past.data).map(([split, { index }]) => [split, index]));
    const identity = { config, backbone: past.backbone.sha256, data, texts: past.texts.sha256 };
    checkReplay(past, identity, "run.json");
    const other = { ...identity, config: { ...config, lr: 1 } };
    expect(() => checkReplay(past, other, "run.json")).toThrow(/this is another run: --lr \(.* then, 1 now\) differ/);
    const options = JSON.parse(await text(name)).config;
    const ofTheCall = { out: expect.not.stringContaining(options.out), quiet: false, data: "elsewhere", memory: 1e9 };
    expect(config).toEqual({ ...options, ...ofTheCall });
  });

  it("provides the defaults of explain", async () => {
    const config = explainSchema.config.parse({ run: join(folder, name), split: "train" });
    const { config: own } = JSON.parse(await text(name));
    const { data, dataset, labelRule, backbone, reportFaces, hardPrompt, descriptions } = own;
    expect(await explainSetup(config)).toEqual({
      ...{ backbone, checkpoints: [join(folder, name, "best.safetensors")], reportFaces, hardPrompt, descriptions },
      data: { data, dataset, labelRule, split: "train", limit: undefined, allowBad: undefined },
    });
  });

  it("is in the list of runs and in its own report", async () => {
    const { seed, steps, epochs, metrics, protocol, config } = JSON.parse(await text(name));
    await writeRunReport(join(folder, name));
    expect((await new RunList(folder).list()).find((run) => run.name === name)).toMatchObject({
      ...{ variant: config.variant, dataset: "folder", backbone: "faceclip-mini", seed, steps, epochs, report: true },
      ...(metrics && { metrics: { accuracy: metrics.accuracy, n: metrics.n } }),
      ...(protocol && { protocol }),
    });
    expect((await new RunList(folder).find(name))?.config).toEqual(config);
    expect(await readFile(join(folder, name, "report.html"), "utf8")).toContain(`${config.variant} on folder`);
  });
});

it("is published without local paths, and only after a validated epoch", async () => {
  for (const name of ["finished", "opened", "protocol"]) {
    const run = await readPublishedRun(file(name));
    const { config } = JSON.parse(JSON.stringify(run));
    const { epochs, threads, reportFaces } = JSON.parse(await text(name)).config;
    expect(config).toMatchObject({ backbone: "faceclip-mini", epochs, threads, reportFaces });
    for (const key of ["data", "out", "descriptions", "init", "mlflowExperiment", "memory", "quiet", "resume"]) {
      expect(config).not.toHaveProperty(key);
    }
    expect(modelCard(run, { repo: "owner/name", sha256: "" })).toContain(`${run.metrics.n} images`);
  }
  await expect(readPublishedRun(file("stopped"))).rejects.toMatchObject({ code: "CHECKPOINT" });
});

describe("the fingerprint", () => {
  const partsOf = ({
    backbone,
    data,
    texts,
  }: Record<"backbone" | "data" | "texts", Readonly<Record<string, never>>>) => ({
    backbone: backbone.sha256,
    indices: Object.values<{ readonly index: string }>(data).map(({ index }) => index),
    texts: [...texts.soft, ...(texts.hard ?? [])],
  });

  it.each(["finished", "protocol", "stopped"])("of a run that is %s is what its resume file says", async (name) => {
    const record = JSON.parse(await text(name));
    const { config } = record;
    const found = (await readFile(join(fixtures, name, "fingerprint"), "utf8")).trim();
    expect(fingerprint(config, partsOf(record))).toBe(found);
    const moved = {
      ...config,
      data: "/moved/faces",
      backbone: "/moved/faceclip-mini",
      checkpointEvery: 9,
      microBatch: 2,
    };
    expect(fingerprint(moved, partsOf(record))).not.toBe(found);
    expect(await recordedFingerprint(file(name), moved, partsOf(record))).toBe(found);
    expect(await recordedFingerprint(file(name), { ...moved, lr: 1 }, partsOf(record))).not.toBe(found);
    const otherImages = { ...partsOf(record), indices: ["other", "images"] };
    expect(await recordedFingerprint(file(name), moved, otherImages)).not.toBe(found);
    expect(await recordedFingerprint(join(folder, "none.json"), config, partsOf(record))).toBeUndefined();
  });
});

it("is that of a finished cell, independent of its computation and folder", async () => {
  const row = { name: "coop", options: { variant: "coop" }, paper: {} };
  const same = { augment: "none", hardPrompt: 1, epochs: 1, batchSize: 16, limit: 8, validLimit: 4 };
  const out = join(folder, "table");
  await cp(join(fixtures, "finished"), join(out, "coop-1"), { recursive: true });
  const cell = (more: object) => {
    const given = { table: ["components"], data: "faces", dataset: "folder", out, ...same, ...more };
    return trainCell(ablateSchema.config.parse(given), row, 1, {});
  };
  const { parameters } = JSON.parse(await text("finished")).learned;
  expect(await cell({})).toMatchObject({ parameters });
  expect(await cell({ microBatch: 3, checkpointEvery: 5, threads: 7, dataWorkers: 1 })).toMatchObject({ parameters });
  expect(await cell({ data: join(process.cwd(), "faces") })).toMatchObject({ parameters });
  for (const other of [{ lr: 1 }, { data: "others" }, { precision: "int8" }, { allowBad: 1 }]) {
    await expect(cell(other)).rejects.toMatchObject({
      code: "CHECKPOINT",
      message: expect.stringContaining("settings"),
    });
  }
});

it("records an evaluation of the test split, and is otherwise unchanged", async () => {
  const before = JSON.parse(await text("protocol"));
  await recordTestEvaluation(join(folder, "protocol", "best.safetensors"), {
    ...{ dataset: "folder", data: folder, index: "i" },
    images: 9,
    accuracy: 1,
    uar: 1,
  });
  const after = JSON.parse(await readFile(file("protocol"), "utf8"));
  expect(after.testSplit.openings).toMatchObject([{ checkpoint: "best.safetensors", images: 9 }]);
  expect(Object.keys(after)).toEqual(Object.keys(before));
  expect({ ...after, testSplit: before.testSplit }).toEqual({ ...before, testSplitRead: true });
});
