/**
 * Benchmark of the paper's augmentation: what it takes of the thread that feeds a session, and of all threads, for an image of each size,
 * made to pixels by that thread, by a worker thread, and by the session's graph; and whole training steps on the processor, fed either way.
 * Times are processor times, by Linux's own count. The ways take turns.
 *
 *   npm run bench:augmentation -- --out docs/records/augmentation.json
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { openBackbone } from "../src/clip/backbone.node.ts";
import { pictureInput, pixelsOfPictures } from "../src/clip/pictureGraph.ts";
import type { ImageForm } from "../src/clip/pictureRows.ts";
import { parseClipPreprocess } from "../src/clip/preprocess.ts";
import { loadBatches } from "../src/data/batches.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { openSession } from "../src/graph/runtime/session.node.ts";
import { initialPrompts } from "../src/method/prompts.ts";
import { runStep } from "../src/method/step.ts";
import { openTrainingSession } from "../src/method/trainingSession.ts";
import type { RgbImage } from "../src/pictures/image.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { versions } from "../src/platform/package.node.ts";
import { Random } from "../src/platform/random.ts";
import { benchSchema } from "../src/runs/bench/options.ts";
import { benchBatch, benchSpec } from "../src/runs/bench/work.ts";
import { machine } from "./machine.ts";
import { median } from "./statistics.ts";

const { values: flags } = parseArgs({
  options: {
    sizes: { type: "string", default: "48,100,256" },
    batch: { type: "string", default: "32" },
    rounds: { type: "string", default: "15" },
    backbone: { type: "string", default: "faceclip-mini" },
    out: { type: "string" },
  },
});
const side = 224;
const batch = Number(flags.batch);
const rounds = Number(flags.rounds);
const preprocess = parseClipPreprocess(undefined, side, "the bench");

/** Milliseconds of processor time. */
interface Time {
  readonly feeding: number;
  readonly all: number;
}

const byWorker = await workerThread();
const byGraph = await graphOnProcessor();
const augmentation = [];
for (const size of flags.sizes.split(",").map(Number)) {
  const random = new Random("bench", size);
  const images = Array.from({ length: batch }, () => {
    const data = Uint8Array.from({ length: 3 * size ** 2 }, () => random.integer(256));
    return { width: size, height: size, data };
  });
  const [pixels, pictures, forGraph] = [
    reader(images, "pixels"),
    reader(images, "pictures"),
    reader(images, "pictures"),
  ];
  const ways = {
    "pixels, feeding thread": pixels,
    "pixels, worker thread": () => byWorker(images),
    "pictures, feeding thread": pictures,
    "pictures and their graph": async () => byGraph(await forGraph()),
  };
  augmentation.push({ size, ms_per_image: await inTurns<() => Promise<unknown>>(ways, (make) => make(), batch) });
}
const record = {
  versions: versions(),
  machine: machine(),
  ...flags,
  side,
  augmentation,
  training_step: await trainingSteps(),
};
const json = `${JSON.stringify(record, undefined, 1)}\n`;
if (flags.out === undefined) process.stdout.write(json);
else await writeFileAtomic(flags.out, json);
process.exit(0);

/** The median time of each way, over rounds in which they take turns, after a round to warm up. */
async function inTurns<Way>(
  all: Readonly<Record<string, Way>>,
  run: (way: Way) => Promise<unknown>,
  images: number,
): Promise<Readonly<Record<string, Time>>> {
  const times = new Map<string, Time[]>(Object.keys(all).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(all)) {
      const before = now();
      await run(way);
      const after = now();
      if (round > 0) times.get(name)?.push({ feeding: after.feeding - before.feeding, all: after.all - before.all });
    }
  }
  return Object.fromEntries(
    [...times].map(([name, own]) => {
      const middle = (part: keyof Time) => median(own.map((time) => time[part])) / images;
      return [name, { feeding: middle("feeding"), all: middle("all") }];
    }),
  );
}

/** Of this thread, whose number is the process's, and of the process. */
function now(): Time {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  const { user, system } = process.cpuUsage();
  return { feeding: Number(nanoseconds) / 1e6, all: (user + system) / 1e3 };
}

/** A function that gives the next batch of an epoch that visits the images again and again. */
function reader(images: readonly RgbImage[], form: ImageForm, how = preprocess): () => Promise<Float32Array> {
  const samples = images.map((_, index) => ({ file: String(index), label: 0 }));
  const order = Array.from({ length: (rounds + 1) * images.length }, (_, i) => i % images.length);
  const given = { samples, read: async ({ file }: { readonly file: string }) => images[Number(file)] };
  const pass = { preprocess: how, augment: { seed: 1, epoch: 0 }, form, order, batchSize: images.length, prefetch: 0 };
  const epoch = loadBatches({ ...given, ...pass });
  return async () => {
    const { value } = await epoch.next();
    if (value === undefined) throw new Error("the epoch is over");
    return value.pixels;
  };
}

async function workerThread(): Promise<(images: readonly RgbImage[]) => Promise<unknown>> {
  const worker = new Worker(new URL("augmentationWorker.mjs", import.meta.url), { workerData: { side } });
  await once(worker, "message");
  return (images) => {
    worker.postMessage(images);
    return once(worker, "message");
  };
}

async function graphOnProcessor(): Promise<(pictures: Float32Array) => Promise<unknown>> {
  const model = toOnnx({ pixels: pixelsOfPictures(pictureInput(side, batch), preprocess) });
  const session = await openSession(model, { threads: 1 });
  return (pictures) => session.run({ pictures });
}

/** Steps of a training on the processor with reading in the loop, of pictures of 48 pixels, fed pixels and pictures. */
async function trainingSteps(): Promise<Readonly<Record<string, Time>>> {
  const size = 8;
  const { backbone: name } = flags;
  const backbone = await openBackbone(name);
  const config = benchSchema.config.parse({ backbone: name, batchSize: size, threads: 2 });
  const spec = await benchSpec(backbone, config);
  const prompts = initialPrompts(spec.shapes, 1);
  const data = Uint8Array.from({ length: 3 * 48 ** 2 }, (_, i) => (i * 7919) % 256);
  const images = Array.from({ length: size }, () => ({ width: 48, height: 48, data }));
  const labelled = benchBatch(backbone, size, config.classes);
  const step = async (form: ImageForm) => {
    const { sessions, stepOptions } = await openTrainingSession(backbone, spec, { ...config, form });
    const next = reader(images, form, backbone.preprocess);
    return async () => {
      await runStep(sessions, prompts, { ...labelled, images: await next() }, stepOptions);
    };
  };
  return inTurns({ pixels: await step("pixels"), pictures: await step("pictures") }, (run) => run(), size);
}
