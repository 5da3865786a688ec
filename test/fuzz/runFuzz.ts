/** Fuzzes readers in a child process and watches it: a crash or a hang there is a finding, not the end of the run. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import type { FuzzRecord } from "./fuzzReader.ts";

/** Without a sign of life for so long the child hangs, milliseconds. */
const silence = 30_000;
/** Resident memory that the process may take in all, MB. */
export const memoryBound = 512;

const message = z.union([
  z.literal("alive"),
  z.object({
    reader: z.string(),
    inputs: z.number(),
    seed: z.number(),
    accepted: z.number(),
    refused: z.record(z.string(), z.number()),
    seconds: z.number(),
    slowest: z.number(),
    peakMemory: z.number(),
    failure: z.object({ file: z.string(), base64: z.string(), error: z.string() }).optional(),
  }),
]);

/** The records of these readers, in order. Throws where the process crashes, hangs, or takes too much memory. */
export function runFuzz(readers: readonly string[], inputs: number, seed: number): Promise<FuzzRecord[]> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "child.ts"), [readers.join(","), String(inputs), String(seed)], {
      execArgv: ["--import", "tsx"],
    });
    const records: FuzzRecord[] = [];
    const place = () => `after ${records.map(({ reader }) => reader).join(", ") || "nothing"}, seed ${seed}`;
    const hang = () => {
      child.kill("SIGKILL");
      reject(new Error(`a reader hung ${place()}`));
    };
    let watch = setTimeout(hang, silence);
    child.on("message", (sent) => {
      clearTimeout(watch);
      watch = setTimeout(hang, silence);
      const read = message.parse(sent);
      if (read !== "alive") records.push(read);
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(watch);
      const highest = Math.max(0, ...records.map(({ peakMemory }) => peakMemory));
      if (code !== 0) reject(new Error(`the process ended with ${signal ?? code} ${place()}`));
      else if (records.length < readers.length) reject(new Error(`a reader never came back ${place()}`));
      else if (highest > memoryBound) reject(new Error(`readers took ${Math.round(highest)} MB ${place()}`));
      else resolve(records);
    });
  });
}
