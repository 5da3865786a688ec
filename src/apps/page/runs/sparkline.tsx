/** Validation accuracy over the epochs of runs, a small line each, loaded when it comes into view. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fetchRun, type Run, type RunSummary } from "./runs.ts";

const [width, height, pad] = [88, 24, 3];

export function Sparkline({ runs }: { readonly runs: readonly RunSummary[] }): VNode {
  const ref = useRef<HTMLSpanElement>(null);
  const details = useSignal<readonly Run[]>([]);
  const names = runs.map(({ name }) => name).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: loads again for other runs only
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      // Without the curve the row still has its figures.
      Promise.all(runs.map(({ name }) => fetchRun(name))).then(
        (found) => {
          details.value = found;
        },
        () => undefined,
      );
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [names]);
  const curves = details.value
    .map(({ validation }) => validation.map(({ accuracy }) => accuracy))
    .filter((accuracies) => accuracies.length > 1);
  return (
    <span class="sparkline" ref={ref}>
      {curves.length > 0 && (
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label="validation accuracy over the epochs">
          {pathsOf(curves).map((path) => (
            <path key={path} d={path} />
          ))}
        </svg>
      )}
      <span class="muted">{Math.max(...runs.map(({ epochs }) => epochs))}</span>
    </span>
  );
}

/** One path a curve, in a common range. */
function pathsOf(curves: readonly (readonly number[])[]): readonly string[] {
  const all = curves.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const last = Math.max(...curves.map((values) => values.length)) - 1;
  const x = (i: number) => pad + ((width - 2 * pad) * i) / last;
  const y = (value: number) => height - pad - ((height - 2 * pad) * (value - low)) / (high - low || 1);
  return curves.map((values) => `M${values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join("L")}`);
}
