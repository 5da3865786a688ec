/** The curves of a run as an event file of TensorBoard in its folder; a run that goes on starts another one. */

import { join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type SelectionSplit, selectionSplit } from "../../data/sample.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import type { MetricRecord } from "../runFolder.ts";
import { recordedSteps, type TrainerCallback } from "./callbacks.ts";

/* The numbers of a record that curves are drawn of, by the names that loggers give them. */

/** `step/L_vt`, `epoch/L_vt`, `step/lr`, `valid/accuracy` and so on. */
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

/** CRC-32C (Castagnoli, RFC 3720 B.4), which TFRecord files are checked with; zlib's CRC-32 is another polynomial. */

const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/** An unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

/* TFRecord framing: length, its checksum, the bytes, their checksum; little-endian. */

export function tfRecord(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return out;
}

/** Turned and moved, so that a checksum over bytes with checksums in them stays sound (TensorFlow, crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/* Messages of TensorBoard's event.proto and summary.proto by their field numbers; the wire format is @bufbuild/protobuf's. */

/** The first event of a file. `time` is in seconds since 1970. */
export const fileVersion = (time: number): Uint8Array =>
  tfRecord(new BinaryWriter().tag(1, 1).double(time).tag(3, 2).string("brain.Event:2").finish());

/** A run starts or goes on at a step: what was written for it and later ones before is void. */
export function sessionStart(time: number, step: number): Uint8Array {
  const start = new BinaryWriter().tag(1, 0).int32(1).finish();
  return tfRecord(event(time, step).tag(7, 2).bytes(start).finish());
}

/** Numbers of one step, by their tags. */
export function scalars(time: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = new BinaryWriter();
  for (const [tag, value] of Object.entries(values)) {
    summary.tag(1, 2).bytes(new BinaryWriter().tag(1, 2).string(tag).tag(2, 5).float(value).finish());
  }
  return tfRecord(event(time, step).tag(5, 2).bytes(summary.finish()).finish());
}

const event = (time: number, step: number): BinaryWriter =>
  new BinaryWriter().tag(1, 1).double(time).tag(2, 0).int64(step);

/* A run's records as a TensorBoard event file. */

export class EventFile {
  /** TensorBoard knows event files by this beginning, and reads all of a folder. No machine's name goes into it. */
  readonly name: string;
  readonly #selection: SelectionSplit;
  readonly #chunks: Uint8Array[];

  /** `time` is in seconds since 1970; `step` is the last one that was done before. */
  constructor(time: number, step: number, selection: SelectionSplit) {
    this.name = `events.out.tfevents.${Math.floor(time)}.mpa-fer.${step + 1}`;
    this.#selection = selection;
    this.#chunks = [fileVersion(time), sessionStart(time, step + 1)];
  }

  add(record: MetricRecord, time: number): void {
    this.#chunks.push(scalars(time, record.step, scalarTags(record, this.#selection)));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** Writes the curves of a run as an event file into its folder, as `--tensorboard` does. */
export function tensorboardCallback(): TrainerCallback {
  let file: EventFile | undefined;
  let path = "";
  let isRecorded = recordedSteps(0);
  const write = async () => file && (await writeFileAtomic(path, file.bytes()));
  return {
    name: "TensorBoard",
    onRunStart: ({ out, config, steps, stepsDone }) => {
      file = new EventFile(now(), stepsDone, selectionSplit(config.paperProtocol));
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

/** Seconds since 1970. */
const now = (): number => Date.now() / 1000;
