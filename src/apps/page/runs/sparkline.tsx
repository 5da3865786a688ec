/** Validation accuracy over the epochs of a run, as a small line, loaded when it comes into view. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fetchRun, type Run, type RunSummary } from "./runs.ts";

const [width, height, pad] = [88, 24, 3];

export function Sparkline({ run }: { readonly run: RunSummary }): VNode {
  const ref = useRef<HTMLSpanElement>(null);
  const details = useSignal<Run | undefined>(undefined);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      // Without the curve the row still has its figures.
      fetchRun(run.name).then(
        (found) => {
          details.value = found;
        },
        () => undefined,
      );
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [run.name, details]);
  const accuracies = details.value?.validation.map(({ accuracy }) => accuracy) ?? [];
  return (
    <span class="sparkline" ref={ref}>
      {accuracies.length > 1 && (
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label="validation accuracy over the epochs">
          <path d={pathOf(accuracies)} />
        </svg>
      )}
      <span class="muted">{run.epochs}</span>
    </span>
  );
}

function pathOf(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i: number) => pad + ((width - 2 * pad) * i) / (values.length - 1);
  const y = (value: number) => height - pad - ((height - 2 * pad) * (value - low)) / (high - low || 1);
  return `M${values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join("L")}`;
}
