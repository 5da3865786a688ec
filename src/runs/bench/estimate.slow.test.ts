/** Estimates of a benchmark, and the seconds that it tells after its first step. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import { fixtures } from "../../../test/parity.ts";
import { bench } from "./bench.ts";
import { estimateBench } from "./estimate.ts";
import { benchSchema } from "./options.ts";

const tiny = { backbone: join(fixtures, "tiny-clip"), threads: 1 };
const configOf = (more: object) => benchSchema.config.parse({ ...tiny, ...more });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("tells steps, time and memory of what is asked for, and runs nothing else", async () => {
  const report = join(folder, "report.json");
  const given = ["bench", "--backbone", tiny.backbone, "--threads", "1", "--steps", "7", "--report", report];
  const { code, stdout } = await callProgram([...given, "--estimate"]);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^training: 8 steps, expected time \d+ s, memory about \d+ [kM]B$/);
  expect(lines[1]).toMatch(/^prediction: 8 steps, expected time \d+ s, memory about \d+ [kM]B$/);
  expect(lines[2]).toMatch(/^expected time: \d+ s, from a timed step of each with 4 images$/);
  expect(lines).toHaveLength(3);
  expect(existsSync(report)).toBe(false);
});

it("grows with batch and steps, and leaves out what is not timed", async () => {
  const { train, predict, seconds, timedImages } = await estimateBench(configOf({ work: "predict", batchSize: 2 }));
  expect([train, predict?.steps, predict?.seconds, timedImages]).toEqual([undefined, 11, seconds, 2]);
  const [small, large] = [
    await estimateBench(configOf({ work: "train", batchSize: 8, steps: 1 })),
    await estimateBench(configOf({ work: "train", batchSize: 64, steps: 99 })),
  ];
  expect(large.train?.steps).toBe(100);
  // 400 times as much work; the time of one step varies.
  expect(large.seconds / small.seconds).toBeGreaterThan(20);
  expect(large.train?.bytes).toBeGreaterThan(small.train?.bytes ?? Number.POSITIVE_INFINITY);
});

it("tells the seconds of the steps that are left after the first of each kind", async () => {
  const told: (readonly [string, number])[] = [];
  await bench(configOf({ batchSize: 2, steps: 2 }), {}, (work, seconds) => told.push([work, seconds]));
  expect(told.map(([work]) => work)).toEqual(["train", "predict"]);
  for (const [, seconds] of told) expect(seconds).toBeGreaterThan(0);
});
