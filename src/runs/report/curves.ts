/** Curves of a run over its steps and epochs, from the records in `metrics.jsonl`. */
import { epochNumber } from "../../evaluation/rows.ts";
import type { MetricRecord } from "../runFolder.ts";

/** Value at one step. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Curve of a loss term over the steps of a run. */
export interface LossCurve {
  /** name as in docs/method.md */
  readonly name: string;
  readonly steps: readonly Point[];
  /** mean over each epoch's images, at the epoch's last step */
  readonly epochs: readonly Point[];
}

/** Validation scores of one epoch. */
export interface ValidationPoint {
  /** number of the epoch, from 1 */
  readonly epoch: number;
  readonly accuracy: number;
  readonly uar: number;
}

/** Curves of all recorded loss terms, in the order of the records, with L_total last. */
export function lossCurves(records: readonly MetricRecord[]): LossCurve[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record).filter((key) => key.startsWith("L_"))))];
  return names.map((name) => {
    const of = (kind: MetricRecord["kind"]) =>
      records.flatMap((record) => {
        const value = record[name];
        return record.kind === kind && typeof value === "number" ? [{ step: record.step, value }] : [];
      });
    return { name, steps: of("step"), epochs: of("epoch") };
  });
}

/** Accuracy and UAR of each validated epoch. */
export function validationCurve(records: readonly MetricRecord[]): ValidationPoint[] {
  return records.flatMap(({ kind, epoch, validation }) => {
    if (kind !== "epoch" || typeof epoch !== "number" || !isScored(validation)) return [];
    return [{ epoch: epochNumber(epoch), accuracy: validation.accuracy, uar: validation.uar }];
  });
}

function isScored(value: unknown): value is { readonly accuracy: number; readonly uar: number } {
  if (typeof value !== "object" || value === null) return false;
  return "accuracy" in value && typeof value.accuracy === "number" && "uar" in value && typeof value.uar === "number";
}
