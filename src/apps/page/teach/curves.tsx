/** Curves of a training: the loss of each step, and the accuracy on the held-out faces. */
import type { VNode } from "preact";
import type { TeachingProgress } from "../model/worker.ts";
import { LineChart } from "../parts/lineChart.tsx";

export function Curves({ steps }: { readonly steps: readonly TeachingProgress[] }): VNode | null {
  if (steps.length < 2) return null;
  const last = steps[0].steps;
  const loss = steps.map(({ step, loss }) => [step, loss] as const);
  const accuracy = steps.flatMap(({ step, accuracy }) => (accuracy === undefined ? [] : [[step, accuracy] as const]));
  const size = { height: 150, xTitle: "step", xEnd: last };
  return (
    <div class="curves">
      <LineChart
        {...size}
        title="Loss"
        yTitle="loss"
        series={[{ name: "loss", points: loss }]}
        format={(y) => y.toFixed(1)}
      />
      {accuracy.length > 1 && (
        <LineChart
          {...size}
          title="Validation accuracy"
          yTitle="accuracy"
          range={[0, 1]}
          series={[{ name: "validation accuracy", points: accuracy }]}
          format={(y) => `${Math.round(100 * y)} %`}
        />
      )}
    </div>
  );
}
