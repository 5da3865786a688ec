/**
 * Benchmark against the alternatives (peers), in one run with alternating steps.
 *
 *   npm run bench:peers -- --python .venv/bin/python --transformers-js DIR --vision-model DIR --out FILE
 *
 * Workload: ViT-B/16 with random weights, eight classes, eight visual prompts in all layers, ten soft tokens a class, all losses.
 * PyTorch starts from the same prompts; in single precision its losses must agree, or the run ends with an error.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openBackbone } from "../src/clip/backbone.node.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { versions } from "../src/platform/package.node.ts";
import { profileTraining, type TrainingProfile } from "../src/runs/bench/bench.ts";
import { benchSchema } from "../src/runs/bench/options.ts";
import { type DataLoop, dataLoop } from "./dataLoop.ts";
import { machine } from "./machine.ts";
import { type Mode, type Precision, processorPrecisions } from "./peers.ts";
import { type Comparison, coldStart, trainingMemory } from "./processes.ts";
import { comparisonTable, dataLoopLine, profileLine, throughputTable } from "./tables.ts";
import { type ThroughputRow, throughput } from "./throughput.ts";

const { values: flags } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    backbone: { type: "string", default: "random:vit-b-16" },
    batches: { type: "string", default: "8,32" },
    modes: { type: "string", default: "train,predict" },
    precisions: { type: "string", default: "fp32,int8" },
    peers: { type: "string", default: "pytorch,open_clip,transformers.js" },
    parts: { type: "string", default: "throughput,memory,cold-start,text-share,data" },
    pairs: { type: "string", default: "7" },
    threads: { type: "string", default: "2" },
    "transformers-js": { type: "string" },
    "vision-model": { type: "string" },
    out: { type: "string" },
  },
});

const say = (line: string) => process.stderr.write(`${line}\n`);
const [threads, pairs] = [Number(flags.threads), Number(flags.pairs)];
const has = (part: string) => flags.parts.split(",").includes(part);
const { folder: backbone } = await openBackbone(flags.backbone);
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-bench-"));
const rows: ThroughputRow[] = [];
const comparisons: Comparison[] = [];
let profile: TrainingProfile | undefined;
let data: DataLoop | undefined;
try {
  if (has("throughput")) await everyThroughput();
  if (has("memory")) await memory();
  if (has("cold-start")) comparisons.push(await coldStart({ python: flags.python, backbone, threads, pairs, folder }));
  if (has("text-share")) {
    const given = { backbone: flags.backbone, batchSize: 32, threads, steps: 2, hardPrompt: 2 };
    profile = await profileTraining(await openBackbone(flags.backbone), benchSchema.config.parse(given));
  }
  if (has("data")) data = await dataLoop(flags.backbone, 8, threads, pairs, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
const record = {
  machine: machine(),
  versions: versions(),
  backbone: flags.backbone,
  threads,
  rows,
  comparisons,
  profile,
  data,
};
if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
const parts = [throughputTable(rows), comparisonTable(comparisons), profileLine(profile), dataLoopLine(data)];
process.stdout.write(`${parts.filter((part) => part !== "").join("\n")}\n`);

async function everyThroughput(): Promise<void> {
  const [at, model] = [flags["transformers-js"], flags["vision-model"]];
  const transformersJs = at === undefined || model === undefined ? undefined : { folder: at, model };
  if (transformersJs === undefined) say("Transformers.js is left out: name --transformers-js and --vision-model");
  const init = join(folder, "prompts.safetensors");
  const peers = flags.peers.split(",");
  const setup = { name: flags.backbone, python: flags.python, backbone, init, threads, pairs, peers, transformersJs };
  for (const precision of chosen<Precision>(flags.precisions, processorPrecisions)) {
    for (const mode of chosen<Mode>(flags.modes, ["train", "predict"])) {
      for (const batch of flags.batches.split(",").map(Number)) {
        rows.push(...(await throughput(mode, precision, batch, setup, (row) => say(throughputTable([row])))));
      }
    }
  }
}

async function memory(): Promise<void> {
  const batch = 32;
  const measured = rows.filter(
    (row) => row.mode === "train" && row.batch === batch && row.peer.startsWith("pytorch fp32 eager"),
  );
  if (measured.length === 0) say("memory is left out: it needs PyTorch's training at batch 32 in the same run");
  for (const { precision, peer_rss_mb } of measured) {
    comparisons.push(await trainingMemory({ name: flags.backbone, precision, batch, threads }, peer_rss_mb));
  }
}

function chosen<T extends string>(names: string, known: readonly T[]): readonly T[] {
  return known.filter((name) => names.split(",").includes(name));
}
