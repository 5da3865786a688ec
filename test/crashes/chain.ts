/** A piece of work that is killed again and again until it is done, and then held against one that never was. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
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

/** Kills the work `kills` times, lets it end, and compares. Throws where anything is broken, stuck or different. */
export async function chain(
  { work, folder, run }: Reference,
  out: string,
  kills: number,
  random: Random,
): Promise<ChainRecord> {
  let [done, empty] = [0, 0];
  while (done < kills) {
    const { killed, code, stderr } = await runCommand(goOn(work, out), out, randomPlan(random, run));
    // Ctrl-C before anybody listens ends a process as it ends any other: without a code and without a word.
    if (!killed && code !== 0 && code !== null && !/INTERRUPTED/.test(stderr))
      throw new Error(`${work.name} could not go on: ${stderr}`);
    if (killed) {
      done++;
      if ((await checkWhole(out)) === 0) empty++;
    } else if (code === 0) {
      // It was faster than the kill: its result counts, and the next kill is of a new one.
      await compare(work, folder, out);
      await rm(out, { recursive: true });
    }
  }
  const { code, stderr } = await runCommand(goOn(work, out), out);
  if (code !== 0) throw new Error(`${work.name} could not be ended: ${stderr}`);
  await checkWhole(out);
  await compare(work, folder, out);
  await rm(out, { recursive: true });
  return { kills: done, empty, between: done - empty };
}

/** `train` is told to go on where there is something to go on from; `ablate` sees to it itself. */
const goOn = (work: Work, out: string): readonly string[] => [
  ...work.argv(out),
  ...(work.name === "train" && existsSync(join(out, "resume.safetensors")) ? ["--resume"] : []),
];

async function compare({ name, results }: Work, expected: string, out: string): Promise<void> {
  for (const file of results) {
    const [one, other] = await Promise.all([expected, out].map((folder) => readFile(join(folder, file))));
    if (!one.equals(other)) throw new Error(`${name}: ${file} differs from that of a run that was never killed`);
  }
}
