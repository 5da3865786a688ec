/** Fuzzes one reader and reports the first failure, shrunk, if any. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { MpaError } from "../../src/platform/errors.ts";
import type { Extreme } from "./extremes.ts";
import { mutated } from "./mutations.ts";
import type { OpenReader, Reader, Seed } from "./reader.ts";

export interface FuzzRecord {
  readonly reader: string;
  readonly inputs: number;
  /** number of extreme files beside the inputs */
  readonly extremes: number;
  readonly seed: number;
  /** number of inputs that were read without an error */
  readonly accepted: number;
  /** rejections by error code */
  readonly refused: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** maximum processor time of an input, milliseconds */
  readonly slowest: number;
  /** that input: its file, and the kind of an extreme */
  readonly slowestInput: string;
  /** peak resident memory of the process, MB */
  readonly peakMemory: number;
  /** maximum increase by one input, MB, and that input */
  readonly largestRise: number;
  readonly largestInput: string;
  readonly failure?: { readonly file: string; readonly base64: string; readonly error: string };
}

/** Maximum processor time of an input, milliseconds; it excludes waiting, which other processes may cause. */
const patience = 2000;
/** Maximum peak of resident memory, MB, including the input and Node. */
export const memoryBound = 512;

/** Number of other inputs per extreme. */
const inputsAnExtreme = 200;

export async function fuzzReader(
  reader: Reader,
  inputs: number,
  seed: number,
  onInput: (input: string, folder: string) => void = () => undefined,
): Promise<FuzzRecord> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-fuzz-"));
  try {
    return await throwFiles(reader, folder, inputs, seed, (input) => onInput(input, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function throwFiles(
  reader: Reader,
  folder: string,
  inputs: number,
  seed: number,
  onInput: (input: string) => void,
): Promise<FuzzRecord> {
  const open = await reader.open(folder);
  for (const each of open.seeds) {
    await mkdir(dirname(join(folder, each.file)), { recursive: true });
    await put(folder, each);
  }
  const started = performance.now();
  const thrower = new Thrower(open, folder, onInput);
  const extremes = open.extremes ?? [];
  let failure: FuzzRecord["failure"];
  for (const extreme of extremes) {
    const whole = inputOf(extreme, extreme.most);
    failure ??= await thrower.read(whole).then(
      () => undefined,
      (error) => describe(whole, error),
    );
  }
  const property = fc.asyncProperty(changedSeed(open), (changed) => thrower.read(changed));
  const outcome = await fc.check(property, { numRuns: inputs, seed });
  const [counterexample] = outcome.counterexample ?? [];
  failure ??= counterexample && describe(counterexample, outcome.errorInstance);
  return {
    ...{ reader: reader.name, inputs: outcome.numRuns, extremes: extremes.length, seed, ...thrower.record },
    seconds: (performance.now() - started) / 1000,
    peakMemory: peakMemory(),
    ...(failure && { failure }),
  };
}

interface Input extends Seed {
  /** kind and count of an extreme */
  readonly kind?: string;
}

const nameOf = ({ file, kind }: Input): string => (kind === undefined ? file : `${file}, ${kind}`);

const inputOf = ({ name, file, make }: Extreme, count: number): Input => ({
  file,
  bytes: make(count),
  kind: `${name} × ${count}`,
});

const peakMemory = (): number => process.resourceUsage().maxRSS / 1024;

/** Reads files one after the other and counts the outcomes. */
class Thrower {
  readonly #refused: Record<string, number> = {};
  readonly record = {
    ...{ accepted: 0, slowest: 0, slowestInput: "", largestRise: 0, largestInput: "" },
    refused: this.#refused,
  };
  readonly #open: OpenReader;
  readonly #folder: string;
  readonly #onInput: (input: string) => void;
  #spoilt: string | undefined;

  constructor(open: OpenReader, folder: string, onInput: (input: string) => void) {
    this.#open = open;
    this.#folder = folder;
    this.#onInput = onInput;
  }

  /** Throws unexpected errors of the reader, and if it takes too much time or memory. */
  async read(input: Input): Promise<void> {
    this.#onInput(nameOf(input));
    if (this.#spoilt !== input.file) {
      for (const each of this.#open.seeds) if (each.file === this.#spoilt) await put(this.#folder, each);
    }
    this.#spoilt = input.file;
    await put(this.#folder, input);
    const [begun, before] = [process.cpuUsage(), peakMemory()];
    await this.#outcome(input);
    const { user, system } = process.cpuUsage(begun);
    this.#measure(nameOf(input), (user + system) / 1000, peakMemory() - before);
  }

  async #outcome(input: Input): Promise<void> {
    const refused = this.#refused;
    try {
      await this.#open.read(input);
      this.record.accepted++;
    } catch (error) {
      if (!(error instanceof MpaError) || error.code === "INTERNAL") throw error;
      if (error.message.length > longestMessage) throw new Error(`an error of ${error.message.length} letters`);
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    }
  }

  #measure(name: string, took: number, rise: number): void {
    const { record } = this;
    if (took > record.slowest) Object.assign(record, { slowest: took, slowestInput: name });
    if (rise > record.largestRise) Object.assign(record, { largestRise: rise, largestInput: name });
    if (took > patience) throw new Error(`${name} took ${Math.round(took)} ms`);
    if (peakMemory() > memoryBound) throw new Error(`${name} brought the process to ${Math.round(peakMemory())} MB`);
  }
}

/** Maximum characters of an error, which may quote the file. */
const longestMessage = 10_000;

function describe(input: Input, error: unknown) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { bytes } = input;
  return { file: nameOf(input), base64: Buffer.from(bytes.subarray(0, 3000)).toString("base64"), error: text };
}

function changedSeed({ seeds, tokens, generated, extremes = [] }: OpenReader): fc.Arbitrary<Input> {
  const mutations = seeds.map(({ file, bytes }) => mutated(bytes, tokens).map((changed) => ({ file, bytes: changed })));
  const own = generated ? [generated.bytes.map((bytes) => ({ file: generated.file, bytes }))] : [];
  const small = fc.oneof(...mutations, ...own);
  if (extremes.length === 0) return small;
  const sized = fc
    .tuple(fc.constantFrom(...extremes), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([extreme, share]) => inputOf(extreme, Math.floor(extreme.most ** share)));
  return fc.oneof({ arbitrary: small, weight: inputsAnExtreme }, { arbitrary: sized, weight: 1 });
}

const put = (folder: string, { file, bytes }: Seed): Promise<void> => writeFile(join(folder, file), bytes);
