/**
 * TensorBoard event files: the curves of a run, written to its folder. A resumed run starts a new file, which also has the records
 * that no earlier file has, because the run was killed or the disk was full before they were written.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { type SelectionSplit, selectionSplit } from "../../data/sample.ts";
import { isFile, readBytes, writeFileAtomic } from "../../platform/files.node.ts";
import { type MetricRecord, readRecords, runFiles } from "../runFolder.ts";
import { recordedSteps, type TrainerCallback } from "./callbacks.ts";

/** Scalars of a metrics record by tag, such as `step/L_vt`, `epoch/L_vt`, `step/lr` and `valid/accuracy`. */
export function scalarTags(record: MetricRecord, selection: SelectionSplit): Record<string, number> {
  const { kind, validation } = record;
  const own = Object.entries(record).filter(([name]) => name.startsWith("L_") || name === "lr");
  const split = selection === "test" ? "test (paper protocol)" : selection;
  const scores = typeof validation === "object" && validation !== null ? Object.entries(validation) : [];
  const shown = scores.filter(([name]) => name === "accuracy" || name === "uar" || name === "ece");
  return Object.fromEntries(
    [
      ...own.map(([name, value]) => [`${kind}/${name}`, value] as const),
      ...shown.map(([name, value]) => [`${split}/${name}`, value] as const),
    ].flatMap(([tag, value]) => (typeof value === "number" ? [[tag, value] as const] : [])),
  );
}

/** An event file in memory. */
export class EventFile {
  /** File name; TensorBoard recognises the prefix and reads all such files of a folder. The host name is left out for privacy. */
  readonly name: string;
  readonly #selection: SelectionSplit;
  readonly #chunks: Uint8Array[];
  #isEmpty = true;

  /** `time` is in seconds since 1970; `step` is the last completed step, `missed` the records up to it that no file has. */
  constructor(time: number, step: number, selection: SelectionSplit, missed: readonly MetricRecord[] = []) {
    this.name = `events.out.tfevents.${Math.floor(time)}.mpa-fer.${step + 1}`;
    this.#selection = selection;
    this.#chunks = [fileVersion(time)];
    for (const record of missed) this.add(record, time);
    this.#chunks.push(sessionStart(time, step + 1));
  }

  /** Whether it has no record. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add(record: MetricRecord, time: number): void {
    this.#isEmpty = false;
    this.#chunks.push(scalars(time, record.step, scalarTags(record, this.#selection)));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** Callback that writes an event file to the run folder, as `--tensorboard` does. */
export function tensorboardCallback(): TrainerCallback {
  let file: EventFile | undefined;
  let path = "";
  let isRecorded = recordedSteps(0);
  const write = async () => {
    if (file !== undefined && !file.isEmpty) await writeFileAtomic(path, file.bytes());
  };
  return {
    name: "TensorBoard",
    onRunStart: async ({ out, config, steps, stepsDone }) => {
      const missed = stepsDone === 0 ? [] : await missedRecords(out, stepsDone);
      file = new EventFile(now(), stepsDone, selectionSplit(config.paperProtocol), missed);
      path = join(out, file.name);
      isRecorded = recordedSteps(steps);
    },
    onStep: ({ losses, ...step }) => {
      if (isRecorded(step.step)) file?.add({ kind: "step", ...step, ...losses }, now());
    },
    onEpochEnd: ({ losses, ...epoch }) => file?.add({ kind: "epoch", ...epoch, ...losses }, now()),
    onCheckpoint: ({ kind }) => (kind === "last" ? write() : undefined),
    onRunEnd: write,
  };
}

/** Records of the first `step` steps of a run that none of its event files has. */
async function missedRecords(out: string, step: number): Promise<MetricRecord[]> {
  const metrics = join(out, runFiles.metrics);
  if (!(await isFile(metrics))) return [];
  const names = (await readdir(out)).filter((name) => /^events\.out\.tfevents\.\d+\.mpa-fer\.\d+$/.test(name));
  const written = new Set<string>();
  for (const name of names) for (const key of recordedKeys(await readBytes(join(out, name)))) written.add(key);
  const past = (await readRecords(metrics)).filter((record) => record.step <= step);
  return past.filter((record) => !written.has(`${record.kind} ${record.step}`));
}

/** Kind and step of the records in an event file, such as "step 7"; up to the first event that cannot be read. */
export function recordedKeys(bytes: Uint8Array): string[] {
  const keys: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    if (at + 16 + length > bytes.length) break;
    try {
      const { step, tag } = eventOf(bytes.subarray(at + 12, at + 12 + length));
      if (tag !== undefined) keys.push(`${tag.startsWith("step/") ? "step" : "epoch"} ${step}`);
    } catch {
      break;
    }
    at += 16 + length;
  }
  return keys;
}

/** Step of an event, and the tag of its first scalar. Throws an error for bytes that are no event. */
function eventOf(bytes: Uint8Array): { readonly step: number; readonly tag?: string } {
  const step = fieldOf(bytes, 2, (reader) => Number(reader.int64())) ?? 0;
  const summary = fieldOf(bytes, 5, (reader) => reader.bytes());
  const first = summary && fieldOf(summary, 1, (reader) => reader.bytes());
  return { step, tag: first && fieldOf(first, 1, (reader) => reader.string()) };
}

/** First value of a field in a message; undefined if it is absent. */
function fieldOf<T>(bytes: Uint8Array, field: number, read: (reader: BinaryReader) => T): T | undefined {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field) return read(reader);
    reader.skip(type, number);
  }
  return undefined;
}

/** Current time, seconds since 1970. */
const now = (): number => Date.now() / 1000;

/** First event of a file. `time` is in seconds since 1970. Field numbers are those of TensorFlow's event.proto and summary.proto. */
export const fileVersion = (time: number): Uint8Array =>
  tfRecord(new BinaryWriter().tag(1, 1).double(time).tag(3, 2).string("brain.Event:2").finish());

/** Event that marks where a run starts or resumes: TensorBoard discards earlier records of this and later steps. */
export function sessionStart(time: number, step: number): Uint8Array {
  const start = new BinaryWriter().tag(1, 0).int32(1).finish();
  return tfRecord(event(time, step).tag(7, 2).bytes(start).finish());
}

/** Event with the scalars of one step, by tag. */
export function scalars(time: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = new BinaryWriter();
  for (const [tag, value] of Object.entries(values)) {
    summary.tag(1, 2).bytes(new BinaryWriter().tag(1, 2).string(tag).tag(2, 5).float(value).finish());
  }
  return tfRecord(event(time, step).tag(5, 2).bytes(summary.finish()).finish());
}

/** Frames bytes as a TFRecord: length, checksum of the length, the bytes, checksum of the bytes; little-endian. */
export function tfRecord(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return out;
}

/** CRC-32C checksum (RFC 3720, B.4) as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

/** Masked checksum, rotated and offset so that data containing checksums can be checksummed again (TensorFlow, crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const event = (time: number, step: number): BinaryWriter =>
  new BinaryWriter().tag(1, 1).double(time).tag(2, 0).int64(step);

/** Reversed polynomial of CRC-32C (Castagnoli), which zlib's CRC-32 does not use. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});
