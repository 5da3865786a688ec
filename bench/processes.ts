/** Benchmark of whole processes: peak memory of training, and the time from the start to the first answer. */
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import type { Precision } from "./peers.ts";
import { median } from "./statistics.ts";

export interface Comparison {
  readonly what: string;
  readonly peer: string;
  readonly own: number;
  readonly theirs: number;
  readonly unit: string;
  /** own / theirs, the median over adjacent pairs if there are several */
  readonly ratio: number;
  /** maximum ratio that is required */
  readonly bar: number;
}

export interface TrainingWork {
  /** backbone, as for `--backbone` */
  readonly name: string;
  readonly precision: Precision;
  readonly batch: number;
  readonly threads: number;
}

const command = fileURLToPath(new URL("../dist/apps/cli/main.js", import.meta.url));

/** Peak resident memory of a process that trains two steps; that of the peer is known from its run. */
export async function trainingMemory(
  { name, precision, batch, threads }: TrainingWork,
  peerRss: number,
): Promise<Comparison> {
  const work = ["--backbone", name, "--precision", precision, "--batch-size", `${batch}`, "--threads", `${threads}`];
  const flags = [...work, "--steps", "2", "--work", "train", "--quiet", "--json", "-"];
  const out = await run(process.execPath, [command, "bench", ...flags]);
  const { rss_mb: own } = JSON.parse(out);
  const what = `peak resident memory of training, ${precision}, batch ${batch}`;
  return { what, peer: "pytorch fp32 eager", own, theirs: peerRss, unit: "MB", ratio: own / peerRss, bar: 0.6 };
}

/** Compares zero-shot `predict` of one drawn face with Python and open_clip; the files are in the system's cache. */
export async function coldStart(options: {
  readonly python: string;
  readonly backbone: string;
  readonly threads: number;
  readonly pairs: number;
  readonly folder: string;
}): Promise<Comparison> {
  const { python, backbone, threads, pairs, folder } = options;
  const script = fileURLToPath(new URL("peers/cold_start.py", import.meta.url));
  const [weights, image] = [join(folder, "open_clip.safetensors"), join(folder, "face.png")];
  await mkdir(folder, { recursive: true });
  await writeFile(image, await render(drawnFace(1, "test", 1, "happiness"), 224));
  await run(python, [script, "--make", weights, "--backbone", backbone]);
  const ours = [command, "predict", image, "--backbone", backbone, "--no-detect", "--zero-shot", "--hard-prompt", "2"];
  const theirs = [script, "--weights", weights, "--image", image, "--threads", `${threads}`];
  const times: (readonly [number, number])[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const own = await seconds(() => run(process.execPath, [...ours, "--threads", `${threads}`, "--quiet"]));
    const other = await seconds(() => run(python, theirs));
    // The first pair fills the system's cache.
    if (pair > 0) times.push([own, other]);
  }
  await rm(weights);
  const [own, other] = [0, 1].map((side) => median(times.map((pair) => pair[side])));
  const ratio = median(times.map(([a, b]) => a / b));
  return { what: "cold start to the first answer", peer: "open_clip", own, theirs: other, unit: "s", ratio, bar: 0.35 };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Standard output of the program. Throws if it exits with an error. */
export function run(program: string, flags: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(program, flags, { stdio: ["ignore", "pipe", "inherit"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done(Buffer.concat(chunks).toString());
      else fail(new Error(`${program} ${flags[0]} ended with ${code}`));
    });
  });
}
