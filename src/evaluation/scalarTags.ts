/** The numbers of a record that curves are drawn of, by the names that loggers give them. */
import type { SelectionSplit } from "../data/selectionSplit.ts";
import type { MetricRecord } from "./metricRecord.ts";

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
