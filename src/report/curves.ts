/** What the records of a run say over time, as series for plots. */
import type { MetricRecord } from "../evaluation/metricRecord.ts";

export interface Point {
  readonly step: number;
  readonly value: number;
}

/** A loss term over the steps of a run. */
export interface LossCurve {
  /** as in docs/method.md */
  readonly name: string;
  readonly steps: readonly Point[];
  /** the mean over each epoch's images, at the epoch's last step */
  readonly epochs: readonly Point[];
}

export interface ValidationPoint {
  /** from 1 */
  readonly epoch: number;
  readonly accuracy: number;
  readonly uar: number;
}

/** A curve for each loss term that was recorded, in the order of the records; L_total last. */
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
    return [{ epoch: epoch + 1, accuracy: validation.accuracy, uar: validation.uar }];
  });
}

function isScored(value: unknown): value is { readonly accuracy: number; readonly uar: number } {
  if (typeof value !== "object" || value === null) return false;
  return "accuracy" in value && typeof value.accuracy === "number" && "uar" in value && typeof value.uar === "number";
}
