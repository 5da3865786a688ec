/** Throws so many files at one reader and tells what it did: the first failure, shrunk, or none. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { MpaError } from "../../src/platform/errors.ts";
import { mutated } from "./mutations.ts";
import type { OpenReader, Reader, Seed } from "./reader.ts";

export interface FuzzRecord {
  readonly reader: string;
  readonly inputs: number;
  readonly seed: number;
  /** inputs that were read without an error */
  readonly accepted: number;
  /** refusals by code */
  readonly refused: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** of one input, milliseconds of processor time */
  readonly slowest: number;
  /** resident memory of the process at its highest, MB */
  readonly peakMemory: number;
  readonly failure?: { readonly file: string; readonly base64: string; readonly error: string };
}

/** Processor time that one input may take, milliseconds; waiting is not counted, for other work may be the reason. */
const patience = 2000;

export async function fuzzReader(
  reader: Reader,
  inputs: number,
  seed: number,
  onInput: () => void = () => undefined,
): Promise<FuzzRecord> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-fuzz-"));
  try {
    return await throwFiles(reader, folder, inputs, seed, onInput);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function throwFiles(reader: Reader, folder: string, inputs: number, seed: number, onInput: () => void) {
  const open = await reader.open(folder);
  for (const each of open.seeds) {
    await mkdir(dirname(join(folder, each.file)), { recursive: true });
    await put(folder, each);
  }
  let spoilt: string | undefined;
  const started = performance.now();
  const refused: Record<string, number> = {};
  let accepted = 0;
  let slowest = 0;
  const property = fc.asyncProperty(changedSeed(open), async (changed) => {
    onInput();
    if (spoilt !== changed.file) {
      for (const each of open.seeds) if (each.file === spoilt) await put(folder, each);
    }
    spoilt = changed.file;
    await put(folder, changed);
    const begun = process.cpuUsage();
    try {
      await open.read(changed);
      accepted++;
    } catch (error) {
      if (!(error instanceof MpaError) || error.code === "INTERNAL") throw error;
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    }
    const { user, system } = process.cpuUsage(begun);
    const took = (user + system) / 1000;
    slowest = Math.max(slowest, took);
    if (took > patience) throw new Error(`took ${Math.round(took)} ms`);
  });
  const outcome = await fc.check(property, { numRuns: inputs, seed });
  const [counterexample] = outcome.counterexample ?? [];
  return {
    ...{ reader: reader.name, inputs: outcome.numRuns, seed, accepted, refused },
    seconds: (performance.now() - started) / 1000,
    slowest,
    peakMemory: process.resourceUsage().maxRSS / 1024,
    ...(counterexample && { failure: describe(counterexample, outcome.errorInstance) }),
  };
}

function describe({ file, bytes }: Seed, error: unknown) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { file, base64: Buffer.from(bytes.subarray(0, 3000)).toString("base64"), error: text };
}

function changedSeed({ seeds, tokens, generated }: OpenReader): fc.Arbitrary<Seed> {
  const mutations = seeds.map(({ file, bytes }) => mutated(bytes, tokens).map((changed) => ({ file, bytes: changed })));
  const own = generated ? [generated.bytes.map((bytes) => ({ file: generated.file, bytes }))] : [];
  return fc.oneof(...mutations, ...own);
}

const put = (folder: string, { file, bytes }: Seed): Promise<void> => writeFile(join(folder, file), bytes);
