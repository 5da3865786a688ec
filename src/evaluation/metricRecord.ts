/** One line of `metrics.jsonl`: a step or an epoch, with each loss term by its name in docs/method.md. */
export type MetricRecord = Readonly<Record<string, unknown>> & {
  readonly kind: "step" | "epoch";
  readonly step: number;
};
