/** Fuzzes readers in child processes, whose crashes and hangs count as failures. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { type FuzzRecord, memoryBound } from "./fuzzReader.ts";

/** Milliseconds without a heartbeat after which the child counts as hanging. */
const silence = 30_000;
const message = z.union([
  z.object({ input: z.string(), folder: z.string() }),
  z.object({
    reader: z.string(),
    inputs: z.number(),
    extremes: z.number(),
    seed: z.number(),
    accepted: z.number(),
    refused: z.record(z.string(), z.number()),
    seconds: z.number(),
    slowest: z.number(),
    slowestInput: z.string(),
    peakMemory: z.number(),
    largestRise: z.number(),
    largestInput: z.string(),
    failure: z.object({ file: z.string(), base64: z.string(), error: z.string() }).optional(),
  }),
]);

/**
 * Fuzzes the readers, each in its own process for a separate memory peak. Returns their records in order. Throws if a process
 * crashes or hangs.
 */
export async function runFuzz(readers: readonly string[], inputs: number, seed: number): Promise<FuzzRecord[]> {
  const records: FuzzRecord[] = [];
  for (const reader of readers) records.push(...(await fuzzInProcess(reader, inputs, seed)));
  return records;
}

function fuzzInProcess(reader: string, inputs: number, seed: number): Promise<FuzzRecord[]> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "child.ts"), [reader, String(inputs), String(seed)], {
      // A heap above the maximum ends the process, which is reported.
      execArgv: ["--import", "tsx", `--max-old-space-size=${memoryBound}`],
    });
    const records: FuzzRecord[] = [];
    let latest = "no input";
    const place = () =>
      `after ${records.map(({ reader }) => reader).join(", ") || "nothing"}, at or soon after ${latest}, seed ${seed}`;
    const hang = () => {
      child.kill("SIGKILL");
      reject(new Error(`a reader hung ${place()}`));
    };
    let watch = setTimeout(hang, silence);
    child.on("message", (sent) => {
      clearTimeout(watch);
      watch = setTimeout(hang, silence);
      const read = message.parse(sent);
      if ("input" in read) latest = `${read.input} in ${read.folder}`;
      else records.push(read);
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(watch);
      if (code !== 0) reject(new Error(`the process ended with ${signal ?? code} ${place()}`));
      else if (records.length < 1) reject(new Error(`a reader never came back ${place()}`));
      else resolve(records);
    });
  });
}
