/** A piece of work that is killed again and again until it is done, and then held against one that never was. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../src/platform/package.node.ts";
import type { Random } from "../../src/platform/random.ts";
import { type Ended, randomPlan, runCommand } from "./killed.ts";
import { checkWhole } from "./wholeFiles.ts";

/** What is killed: a command line for a folder, and what its result is. */
export interface Work {
  readonly name: string;
  argv(out: string): readonly string[];
  /** files below the folder that have to be equal bit for bit */
  readonly results: readonly string[];
}

export interface Reference {
  readonly work: Work;
  readonly folder: string;
  readonly run: Ended;
}

export interface ChainRecord {
  readonly kills: number;
  /** kills that left no file yet, and those that left some */
  readonly empty: number;
  readonly between: number;
}

/** The work done without a kill. Throws where it fails. */
export async function reference(work: Work, folder: string): Promise<Reference> {
  const run = await runCommand(work.argv(folder), folder);
  if (run.code !== 0) throw new Error(`${work.name} fails by itself: ${run.stderr}`);
  return { work, folder, run };
}

/** How a run ended: by SIGKILL, after Ctrl-C, or with its work done. */
export type RunEnd = "killed" | "stopped" | "done";

/**
 * Runs the work until it was killed `kills` times and is done after that. Tells of the end of each run; the folder then lies as
 * the run left it. Throws where the work cannot go on.
 */
export async function* killedRuns(
  { work, run }: Reference,
  out: string,
  kills: number,
  random: Random,
): AsyncGenerator<RunEnd> {
  for (let done = 0; done < kills; ) {
    const { killed, code, stderr } = await runCommand(goOn(work, out), out, randomPlan(random, run));
    // Ctrl-C before anybody listens ends a process as it ends any other: without a code and without a word.
    if (!killed && code !== 0 && code !== null && !/INTERRUPTED/.test(stderr))
      throw new Error(`${work.name} could not go on: ${stderr}`);
    if (killed) done++;
    yield killed ? "killed" : code === 0 ? "done" : "stopped";
    // It was faster than the kill: the next kill is of a new one.
    if (code === 0) await rm(out, { recursive: true });
  }
  const { code, stderr } = await runCommand(goOn(work, out), out);
  if (code !== 0) throw new Error(`${work.name} could not be ended: ${stderr}`);
  yield "done";
}

/** The hash of each file of a work's result that has to be equal bit for bit. */
export async function resultHashes({ results }: Work, folder: string): Promise<Readonly<Record<string, string>>> {
  const hashes = results.map(async (file) => [file, sha256(await readFile(join(folder, file)))] as const);
  return Object.fromEntries(await Promise.all(hashes));
}

/** Kills the work `kills` times, lets it end, and compares. Throws where anything is broken, stuck or different. */
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

/** `train` is told to go on where there is something to go on from; `ablate` sees to it itself. */
const goOn = (work: Work, out: string): readonly string[] => [
  ...work.argv(out),
  ...(work.name === "train" && existsSync(join(out, "resume.safetensors")) ? ["--resume"] : []),
];
