/**
 * Properties of the project alone: cost linear in images and classes, time to open sessions, constant memory.
 *
 *   npm run build && npm run bench:properties -- --out docs/records/performance-properties.json
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openBackbone } from "../src/clip/backbone.node.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { versions } from "../src/platform/package.node.ts";
import { benchSchema } from "../src/runs/bench/options.ts";
import { trainingWork } from "../src/runs/bench/work.ts";
import { partSizes, productRates, sessionCounts } from "./choices.ts";
import { machine } from "./machine.ts";
import type { Precision } from "./peers.ts";
import { run } from "./processes.ts";
import { fitLine } from "./statistics.ts";

const { values: flags } = parseArgs({
  options: {
    backbone: { type: "string", default: "random:vit-b-16" },
    large: { type: "string", default: "random:vit-l-14" },
    threads: { type: "string", default: "2" },
    images: { type: "string", default: "1,2,4,8,16,32,64" },
    classes: { type: "string", default: "2,4,8,16,32,64" },
    steps: { type: "string", default: "1000" },
    parts: { type: "string", default: "1,2,4,8" },
    only: { type: "string", default: "images,classes,opening,growth,parts,sessions,rows" },
    out: { type: "string" },
  },
});
const threads = Number(flags.threads);
const say = (line: string) => process.stderr.write(`${line}\n`);

const has = (name: string) => flags.only.split(",").includes(name);
const images = has("images") ? await costs(flags.images, (n) => ({ batchSize: n })) : undefined;
const classes = has("classes") ? await costs(flags.classes, (n) => ({ batchSize: 4, classes: n })) : undefined;
const opening = has("opening") ? await openingTimes() : undefined;
const growth = has("growth") ? await memoryGrowth(Number(flags.steps)) : undefined;
const work = { backbone: flags.backbone, threads };
const parts = has("parts") ? await partSizes(work, flags.parts.split(",").map(Number)) : undefined;
const sessions = has("sessions") ? await sessionCounts(work, ["fp32", "int8"]) : undefined;
const rows = has("rows") ? await productRates([768, 1024, 1040, 2048, 2064, 3072, 3088]) : undefined;
const subjects = { machine: machine(), versions: versions(), threads, backbone: flags.backbone };
const record = { ...subjects, images, classes, opening, growth, parts, sessions, rows };
if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
process.stdout.write(`${JSON.stringify(record, null, 1)}\n`);

/** Minimum seconds over a few steps for each size, and the linear fit. */
async function costs(sizes: string, given: (n: number) => object) {
  const points: [number, number][] = [];
  for (const n of sizes.split(",").map(Number)) {
    const config = benchSchema.config.parse({ backbone: flags.backbone, threads, hardPrompt: 2, ...given(n) });
    const work = await trainingWork(await openBackbone(flags.backbone), config);
    await work.step();
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      await work.step();
      times.push((performance.now() - start) / 1000);
    }
    await work.dispose();
    points.push([n, Math.min(...times)]);
    say(`${n}: ${points[points.length - 1][1].toFixed(2)} s`);
  }
  return { seconds: Object.fromEntries(points), ...fitLine(points) };
}

async function openingTimes() {
  const usual = await openingTime(flags.backbone, "fp32");
  const strassen = await openingTime(flags.backbone, "fp32-strassen");
  return [usual, strassen, await openingTime(flags.large, "fp32")];
}

/** Time to open sessions with the built package (`opening.mjs`). */
async function openingTime(backbone: string, precision: Precision) {
  const program = fileURLToPath(new URL("opening.mjs", import.meta.url));
  const seconds = Number(await run(process.execPath, [program, backbone, precision, `${threads}`]));
  say(`${backbone}, ${precision}: sessions after ${seconds.toFixed(2)} s`);
  return { backbone, precision, seconds };
}

/** Resident memory after a tenth of the steps and after all of them, with the embedded backbone. */
async function memoryGrowth(steps: number) {
  const backbone = "faceclip-mini";
  const config = benchSchema.config.parse({ backbone, threads, hardPrompt: 2, batchSize: 8 });
  // Two micro-batches, so that sessions run concurrently.
  const work = await trainingWork(await openBackbone(backbone), config, { microBatch: 4 });
  const resident: Record<number, number> = {};
  for (let step = 1; step <= steps; step++) {
    await work.step();
    if (step % Math.ceil(steps / 10) === 0) resident[step] = Math.round(process.memoryUsage().rss / 2 ** 20);
  }
  await work.dispose();
  return { backbone, resident_mb: resident };
}
