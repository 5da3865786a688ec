/** Tables and folders shared by workers: same results as on one machine, and no job is repeated. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callProgram } from "../callProgram.ts";
import { drawnFolder } from "../drawnFolder.ts";
import { writeTinyBackbone } from "../tinyBackbone.ts";
import { type Running, startCommand } from "./processes.ts";
import { hasRedis, type RedisServer, startRedis } from "./redisServer.ts";

let folder: string;
let redis: RedisServer;
let workers: Running[];

/** Shared places: a folder, and a bucket on a real server if one is configured (docs/scaling.md). */
const bucket = process.env.MPA_FER_TEST_BUCKET;
if (bucket === undefined) console.warn("no bucket is named (MPA_FER_TEST_BUCKET): results in buckets are not tested");

const call = async (...argv: string[]) => {
  const called = await callProgram([...argv, "--quiet"]);
  expect([called.code, called.stderr]).toEqual([0, expect.not.stringContaining("mpa-fer:")]);
};
const file = (...path: string[]) => readFile(join(folder, ...path), "utf8");

const ablate = (out: string, ...more: string[]) =>
  call(
    ...["ablate", "sweep", "--vary", "lr=0.01,0.03", "--vary", "variant=+proto", "--seeds", "1", "--epochs", "2"],
    ...["--data", join(folder, "data"), "--dataset", "folder", "--backbone", join(folder, "backbone")],
    ...["--hard-prompt", "2", "--threads", "1", "--batch-size", "6", "--test", "--out", join(folder, out), ...more],
  );
const predict = (answers: string, ...more: string[]) =>
  call(
    ...["predict", join(folder, "pictures"), "--no-detect", "--backbone", join(folder, "backbone"), "--threads", "1"],
    ...["--json", join(folder, answers), ...more],
  );
const done = (job: string) => workers.reduce((sum, { said }) => sum + said().split(`${job}: done`).length - 1, 0);

describe.skipIf(!hasRedis)("workers share", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mpa-fer-jobs-"));
    await writeTinyBackbone(join(folder, "backbone"));
    await drawnFolder(join(folder, "data"), { train: 4, valid: 2, test: 2 });
    // One more than a job uses.
    await mkdir(join(folder, "pictures"));
    for (let i = 0; i <= 200; i++) {
      const drawn = join(folder, "data/train", ["circle", "cross", "square"][i % 3], `${i % 4}.png`);
      await copyFile(drawn, join(folder, "pictures", `${i}.png`));
    }
    redis = await startRedis(folder);
    workers = [1, 2].map(() => startCommand(["worker", "--redis", redis.url]));
    await Promise.all([ablate("alone"), predict("alone.json")]);
  });
  afterAll(async () => {
    for (const { child } of workers ?? []) child.kill("SIGKILL");
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const places = ["folder", ...(bucket === undefined ? [] : [`${bucket}/${Date.now()}`])];

  it.each(places)("the cells of a table, by way of a %s", async (place) => {
    const [name, results] = place === "folder" ? ["shared", []] : ["bucket", ["--results", place]];
    const before = done("cell");
    await ablate(name, "--redis", redis.url, ...results);
    // Two cells, each trained and then scored on the test split.
    expect(done("cell")).toBe(before + 4);
    expect(await file(name, "table.csv")).toBe(await file("alone", "table.csv"));
    for (const cell of (await readdir(join(folder, "alone"))).filter((each) => /-1$/.test(each))) {
      for (const result of ["best.safetensors", "last.safetensors", "metrics.jsonl", "predictions.csv"]) {
        expect(await file(name, cell, result)).toBe(await file("alone", cell, result));
      }
    }
  });

  it.each(places)("the pictures of a folder, by way of a %s", async (place) => {
    const results = place === "folder" ? join(folder, "results") : place;
    const before = done("predict");
    await predict("shared.json", "--redis", redis.url, "--results", results);
    expect(done("predict")).toBe(before + 2);
    expect(await file("shared.json")).toBe(await file("alone.json"));
    await predict("again.json", "--redis", redis.url, "--results", results);
    expect(done("predict")).toBe(before + 2);
    expect(await file("again.json")).toBe(await file("alone.json"));
  });
});
