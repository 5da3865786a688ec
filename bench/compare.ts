/**
 * The project against PyTorch on the same work in one run: the two take turns step by step, and each figure is a median.
 *
 *   npm run bench:pytorch -- --python .venv/bin/python --out docs/records/performance.json
 *
 * Work: ViT-B/16 of random weights, eight classes, eight visual prompts in all layers, ten soft tokens a class, all losses.
 * Both start from the same prompts; their losses must agree, or the run ends with an error.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchConfig, benchSchema } from "../src/config.ts";
import { predictionWork, type TimedWork, trainingWork } from "../src/experiment/benchWork.ts";
import { versions } from "../src/experiment/runFolder.ts";
import { writeFileAtomic } from "../src/files.ts";
import type { Backbone } from "../src/model/backbone.ts";
import { openBackbone } from "../src/model/openBackbone.ts";
import { initialPrompts, type Prompts, promptShapes } from "../src/model/prompts.ts";
import { writeSafetensors } from "../src/model/safetensors.ts";
import { Peer, type PeerAnswer, type PeerOptions } from "./peer.ts";
import { median, quartiles } from "./statistics.ts";

const { values: flags } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    backbone: { type: "string", default: "random:vit-b-16" },
    batches: { type: "string", default: "8,32" },
    modes: { type: "string", default: "train,predict" },
    pairs: { type: "string", default: "7" },
    threads: { type: "string", default: "2" },
    out: { type: "string" },
  },
});

type Mode = PeerOptions["mode"];
const peers = {
  eager: { precision: "fp32", compile: false },
  compile: { precision: "fp32", compile: true },
} as const;

interface Row {
  readonly mode: Mode;
  readonly batch: number;
  readonly peer: string;
  readonly images_per_s: number;
  readonly peer_images_per_s: number;
  /** median of the ratios of neighbouring steps, and their quartiles; above 1 the project is faster */
  readonly ratio: number;
  readonly ratio_quartiles: readonly [number, number];
  readonly step_s: readonly number[];
  readonly peer_step_s: readonly number[];
  /** resident peak of the peer's process so far; `bench` tells the project's own */
  readonly peer_rss_mb: number;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const backbone = await openBackbone(flags.backbone);
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-bench-"));
const rows: Row[] = [];
try {
  const init = join(folder, "prompts.safetensors");
  for (const batch of flags.batches.split(",").map(Number)) {
    for (const mode of (["train", "predict"] as const).filter((each) => flags.modes.split(",").includes(each))) {
      const config = configOf(batch);
      await writeFile(init, writeSafetensors(new Map(Object.entries(startOf(backbone, config))), {}));
      for (const [name, kind] of Object.entries(peers)) {
        const options = { ...kind, python: flags.python, backbone: backbone.folder, init, mode, batch };
        rows.push(await compare(config, `pytorch ${name}`, { ...options, threads: config.threads }));
        say(line(rows[rows.length - 1]));
      }
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const machine = { processor: cpus()[0].model, cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30) };
const record = { machine, versions: versions(), backbone: flags.backbone, threads: Number(flags.threads), rows };
if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
process.stdout.write(table(rows));

function configOf(batchSize: number): BenchConfig {
  const { backbone, threads } = flags;
  // The peer's hard prompts are configuration 2; they are constants, so they cost nothing either way.
  return benchSchema.config.parse({ backbone, batchSize, threads: Number(threads), hardPrompt: 2, memory: 16e9 });
}

function startOf({ clip }: Backbone, config: BenchConfig): Prompts {
  return initialPrompts(promptShapes(clip.config, { ...config, classes: 8 }), config.seed);
}

async function compare(config: BenchConfig, name: string, options: PeerOptions): Promise<Row> {
  const { mode, batch } = options;
  const work = await (mode === "train" ? trainingWork : predictionWork)(backbone, config);
  const peer = await Peer.start(options);
  try {
    await work.step();
    const pairs: { readonly seconds: number; readonly answer: PeerAnswer }[] = [];
    for (let pair = 0; pair < Number(flags.pairs); pair++) {
      const { seconds, losses } = await time(work);
      const answer = await peer.step();
      agree(losses, answer.losses, `${name}, ${mode}, batch ${batch}`);
      pairs.push({ seconds, answer });
    }
    const [own, theirs] = [pairs.map(({ seconds }) => seconds), pairs.map(({ answer }) => answer.step_s[0])];
    const ratios = own.map((seconds, i) => theirs[i] / seconds);
    return {
      ...{ mode, batch, peer: `${name} (${pairs[0].answer.peer})` },
      ...{ images_per_s: batch / median(own), peer_images_per_s: batch / median(theirs) },
      ...{ ratio: median(ratios), ratio_quartiles: quartiles(ratios), step_s: own, peer_step_s: theirs },
      peer_rss_mb: pairs[pairs.length - 1].answer.rss_mb,
    };
  } finally {
    peer.stop();
    await work.dispose();
  }
}

async function time(work: TimedWork) {
  const start = performance.now();
  const losses = await work.step();
  return { seconds: (performance.now() - start) / 1000, losses };
}

/** Throws unless both did the same work: every term within 0.1 %. */
function agree(own: Readonly<Record<string, number>>, theirs: Readonly<Record<string, number>>, where: string): void {
  for (const [term, value] of Object.entries(theirs)) {
    // Written so that a term that is missing or not a number does not pass either.
    if (!(Math.abs(own[term] - value) <= 1e-3 * Math.abs(value))) {
      throw new Error(`${where}: ${term} is ${own[term]} here and ${value} there; the work is not the same`);
    }
  }
}

function line({ mode, batch, peer, images_per_s, peer_images_per_s, ratio, ratio_quartiles }: Row): string {
  const [low, high] = ratio_quartiles.map((each) => each.toFixed(2));
  const rates = [images_per_s, peer_images_per_s].map((each) => each.toFixed(2));
  return `| ${mode} | ${batch} | ${peer} | ${rates[0]} | ${rates[1]} | ${ratio.toFixed(2)} (${low}–${high}) |`;
}

function table(all: readonly Row[]): string {
  const head = "| work | batch | peer | mpa-fer images/s | peer images/s | ratio (quartiles) |";
  return `${[head, "|---|---|---|---|---|---|", ...all.map(line)].join("\n")}\n`;
}
