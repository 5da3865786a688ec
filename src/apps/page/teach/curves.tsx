/** Curves of a training over its epochs: the loss of each step, and the accuracy on the held-out faces. */
import type { VNode } from "preact";
import type { TeachingProgress } from "../model/worker.ts";
import { LineChart, percentText } from "../parts/lineChart.tsx";

export function Curves({ steps }: { readonly steps: readonly TeachingProgress[] }): VNode | null {
  if (steps.length < 2) return null;
  const [{ epochs }] = steps;
  const at = ({ step, steps }: TeachingProgress) => (epochs * step) / steps;
  const loss = steps.map((each) => [at(each), each.loss] as const);
  const accuracy = steps.flatMap((each) => (each.accuracy === undefined ? [] : [[at(each), each.accuracy] as const]));
  const axis = { height: 150, xTitle: "epoch", xStart: 0, xEnd: epochs };
  return (
    <div class="curves">
      <LineChart
        {...axis}
        title="Loss"
        yTitle="loss"
        series={[{ name: "loss", points: loss }]}
        format={(y, decimals = 2) => y.toFixed(decimals)}
      />
      {accuracy.length > 1 && (
        <LineChart
          {...axis}
          title="Validation accuracy"
          yTitle="accuracy"
          range={[0, 1]}
          series={[{ name: "validation accuracy", points: accuracy }]}
          format={percentText}
        />
      )}
    </div>
  );
}
