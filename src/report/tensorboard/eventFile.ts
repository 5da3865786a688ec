/** A run's records as a TensorBoard event file. */
import type { SelectionSplit } from "../../data/selectionSplit.ts";
import type { MetricRecord } from "../../evaluation/metricRecord.ts";
import { fileVersion, scalars, sessionStart } from "./events.ts";

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
    this.#chunks.push(scalars(time, record.step, tagged(record, this.#selection)));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** `step/L_vt`, `epoch/L_vt`, `step/lr`, `valid/accuracy` and so on. */
function tagged(record: MetricRecord, selection: SelectionSplit): Record<string, number> {
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
