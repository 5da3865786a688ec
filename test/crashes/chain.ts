/** Kills a job repeatedly until it completes, and compares its result with that of an uninterrupted one. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../src/platform/package.node.ts";
import type { Random } from "../../src/platform/random.ts";
import { type Ended, randomPlan, runCommand } from "./killed.ts";
import { checkWhole } from "./wholeFiles.ts";

/** A job: the command line for a folder, and its result. */
export interface Work {
  readonly name: string;
  argv(out: string): readonly string[];
  /** files below the folder that must be bit-identical */
  readonly results: readonly string[];
}

export interface Reference {
  readonly work: Work;
  readonly folder: string;
  readonly run: Ended;
}

export interface ChainRecord {
  readonly kills: number;
  /** kills before the first file was written, and later ones */
  readonly empty: number;
  readonly between: number;
}

/** Runs the job without a kill. Throws if it fails. */
export async function reference(work: Work, folder: string): Promise<Reference> {
  const run = await runCommand(work.argv(folder), folder);
  if (run.code !== 0) throw new Error(`${work.name} fails by itself: ${run.stderr}`);
  return { work, folder, run };
}

/** How a process ended: by SIGKILL, after Ctrl-C, or with the job complete. */
export type RunEnd = "killed" | "stopped" | "done";

/**
 * Runs the job with `kills` kills and then to completion. Yields the end of each process, with the folder as it left it. Throws if
 * the job cannot resume.
 */
export async function* killedRuns(
  { work, run }: Reference,
  out: string,
  kills: number,
  random: Random,
): AsyncGenerator<RunEnd> {
  for (let done = 0; done < kills; ) {
    const { killed, code, stderr } = await runCommand(goOn(work, out), out, randomPlan(random, run));
    // Before its handler is installed, Ctrl-C ends the process without an exit code or a message.
    if (!killed && code !== 0 && code !== null && !/INTERRUPTED/.test(stderr))
      throw new Error(`${work.name} could not go on: ${stderr}`);
    if (killed) done++;
    yield killed ? "killed" : code === 0 ? "done" : "stopped";
    // The job completed before the kill; the next kill is of a new one.
    if (code === 0) await rm(out, { recursive: true });
  }
  const { code, stderr } = await runCommand(goOn(work, out), out);
  if (code !== 0) throw new Error(`${work.name} could not be ended: ${stderr}`);
  yield "done";
}

/** Hashes of the result files that must be bit-identical. */
export async function resultHashes({ results }: Work, folder: string): Promise<Readonly<Record<string, string>>> {
  const hashes = results.map(async (file) => [file, sha256(await readFile(join(folder, file)))] as const);
  return Object.fromEntries(await Promise.all(hashes));
}

/** Kills the job `kills` times, lets it complete, and compares. Throws if a file is broken, or the job is stuck or differs. */
export async function chain(plain: Reference, out: string, kills: number, random: Random): Promise<ChainRecord> {
  const expected = await resultHashes(plain.work, plain.folder);
  let empty = 0;
  for await (const end of killedRuns(plain, out, kills, random)) {
    const files = await checkWhole(out);
    if (end === "killed" && files === 0) empty++;
    if (end !== "done") continue;
    const found = await resultHashes(plain.work, out);
    const other = Object.keys(expected).find((file) => found[file] !== expected[file]);
    if (other !== undefined)
      throw new Error(`${plain.work.name}: ${other} differs from that of a run that was never killed`);
  }
  await rm(out, { recursive: true });
  return { kills, empty, between: kills - empty };
}

/** Arguments of `train` with --resume if there is something to resume; `ablate` resumes by itself. */
const goOn = (work: Work, out: string): readonly string[] => [
  ...work.argv(out),
  ...(work.name === "train" && existsSync(join(out, "resume.safetensors")) ? ["--resume"] : []),
];
