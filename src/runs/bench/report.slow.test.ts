/** The report of `bench` on the CPU, and what its reader refuses. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bench } from "./bench.ts";
import { benchSchema } from "./options.ts";
import { readBenchReport } from "./report.ts";

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-report-"));
  file = join(folder, "gpu.json");
});
afterAll(() => rm(folder, { recursive: true }));

it("has the machine, the rates and the work of a batch, and is read back", async () => {
  const backbone = join(import.meta.dirname, "../../../test/fixtures/tiny-clip");
  const config = benchSchema.config.parse({ backbone, batchSize: 4, steps: 2, threads: 1, topK: 4, report: file });
  const result = await bench(config);
  const report = await readBenchReport(file);
  expect(report).toMatchObject({
    version: 1,
    ...{ provider: "cpu", precision: "fp32", batch: 4, threads: 1 },
    train_images_per_s: result.train_images_per_s,
    predict_images_per_s: result.predict_images_per_s,
    losses: result.losses,
  });
  expect(report.machine.cores).toBeGreaterThan(0);
  expect(report.versions.node).toBe(process.versions.node);
  // The CPU has no adapter, no memory of its own and no TF32.
  const { adapter, driver, device_mb, tf32 } = report;
  expect({ adapter, driver, device_mb, tf32 }).toEqual({});
  const { train, predict } = report.work;
  // Training goes forwards and back, and through the text encoder.
  expect((train?.multiplyAdds ?? 0) / (predict?.multiplyAdds ?? 1)).toBeGreaterThan(1.5);
});

it.each([
  ["another version", { version: 2 }],
  ["a rate that is none", { train_images_per_s: 0 }],
  ["a field that is unknown", { speed: 3 }],
  ["no batch", { batch: undefined }],
])("is refused with %s, by its name", async (_, change) => {
  const other = join(folder, "other.json");
  await writeFile(other, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...change }));
  await expect(readBenchReport(other)).rejects.toMatchObject({
    code: "CONFIG",
    message: expect.stringContaining(Object.keys(change)[0]),
  });
});
