/**
 * Trains the whole method on the demo's faces on the processor and on WebGPU, and compares the accuracy that each reaches. Without
 * `--card` the adapter is the one in software of Debian's Chromium, which is correct and slow.
 *
 *   npm run bench:webgpu-training -- --out docs/records/webgpu-training.json
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawDataset } from "../src/apps/demo/dataset.ts";
import { demoPeople } from "../src/apps/demo/demo.ts";
import { MpaError } from "../src/platform/errors.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { versions } from "../src/platform/package.node.ts";
import { readRecordedRun } from "../src/runs/manifest.ts";
import { trainSchema } from "../src/runs/options.ts";
import { train } from "../src/runs/train/train.ts";
import { hasSoftwareAdapter, softwareAdapterEnvironment } from "../test/softwareAdapter.ts";
import { machine } from "./machine.ts";

const { values: flags } = parseArgs({
  options: {
    epochs: { type: "string", default: "2" },
    /** training faces of each class, and images of a batch */
    limit: { type: "string", default: "4" },
    batch: { type: "string", default: "8" },
    card: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
if (!flags.card) {
  if (!hasSoftwareAdapter)
    throw new MpaError("RUNTIME", "no adapter in software", { fix: "install chromium, or give --card" });
  Object.assign(process.env, softwareAdapterEnvironment);
}

const folder = await mkdtemp(join(tmpdir(), "mpa-fer-webgpu-"));
try {
  const data = join(folder, "faces");
  await drawDataset({ out: data, seed: 1, facesPerClass: demoPeople });
  const cpu = await trained(data, "cpu");
  const webgpu = await trained(data, "webgpu");
  const points = 100 * ((webgpu.validation.accuracy ?? Number.NaN) - (cpu.validation.accuracy ?? Number.NaN));
  const record = {
    command: `npm run bench:webgpu-training -- --epochs ${flags.epochs} --limit ${flags.limit} --batch ${flags.batch}${flags.card ? " --card" : ""}`,
    machine: machine(),
    versions: versions(),
    data: `the demo's faces: ${8 * Number(flags.limit)} to train on, 80 of other people to validate`,
    cpu,
    webgpu,
    differenceInPoints: Math.round(100 * points) / 100,
  };
  const text = `${JSON.stringify(record, null, 1)}\n`;
  if (flags.out !== undefined) await writeFileAtomic(flags.out, text);
  process.stdout.write(text);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** One training with a provider, and the accuracy of its best epoch on the validation split. */
async function trained(data: string, provider: "cpu" | "webgpu") {
  const shared = { data, dataset: "folder", variant: "mpa", threads: 1, seed: 1 };
  const size = { epochs: Number(flags.epochs), limit: Number(flags.limit), batchSize: Number(flags.batch) };
  const options = { ...shared, ...size, provider, out: join(folder, provider) };
  const notice = (text: string) => console.error(text);
  const { out, metrics } = await train(trainSchema.config.parse(options), { notice });
  const { record } = await readRecordedRun(join(out, "run.json"));
  const { adapter, nodes, steps, best, microBatch } = record;
  return {
    provider,
    adapter,
    nodes,
    microBatch,
    steps,
    best,
    validation: { accuracy: metrics?.accuracy, uar: metrics?.uar },
  };
}
