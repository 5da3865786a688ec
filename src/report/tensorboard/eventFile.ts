/** A run's records as a TensorBoard event file. */
import type { SelectionSplit } from "../../data/selectionSplit.ts";
import type { MetricRecord } from "../../evaluation/metricRecord.ts";
import { scalarTags } from "../../evaluation/scalarTags.ts";
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
    this.#chunks.push(scalars(time, record.step, scalarTags(record, this.#selection)));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
