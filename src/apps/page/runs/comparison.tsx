/** Comparison of two runs: metrics, classes, validation curves and settings. */
import type { VNode } from "preact";
import { epochNumber, percent } from "../../../evaluation/rows.ts";
import { Icon } from "../parts/icons.tsx";
import { LineChart, percentText } from "../parts/lineChart.tsx";
import { differences } from "./differences.ts";
import type { Run } from "./runs.ts";

export type Pair = readonly [Run, Run];

interface ComparedRow {
  readonly name: string;
  readonly values: readonly [string, string];
  /** index of the better value */
  readonly better?: 0 | 1 | undefined;
}

export function Comparison({ pair, close }: { readonly pair: Pair; readonly close: () => void }): VNode {
  const [first, second] = pair;
  const settings = differences(first.config, second.config).map(([name, a, b]) => ({ name, values: [a, b] as const }));
  const lines = pair.map(({ name, validation }) => ({
    name,
    points: validation.map(({ epoch, accuracy }) => [epochNumber(epoch), accuracy] as const),
  }));
  return (
    <section class="card comparison" aria-labelledby="comparison-title">
      <div class="card-head">
        <h2 id="comparison-title" class="card-title">{`${first.name} and ${second.name}`}</h2>
        <button type="button" class="quiet" aria-label="Close the comparison" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div class="compared">
        <ComparedTable caption="Metrics on the validation split" pair={pair} rows={metricRows(pair)} />
        <div>
          {lines.every(({ points }) => points.length > 0) ? (
            <LineChart
              title="Validation accuracy after each epoch"
              xTitle="epoch"
              yTitle="accuracy"
              series={lines}
              format={percentText}
            />
          ) : (
            <p class="muted">No epoch was validated.</p>
          )}
          <ComparedTable caption="Settings that differ" pair={pair} rows={settings} />
        </div>
      </div>
    </section>
  );
}

interface ComparedTableProps {
  readonly caption: string;
  readonly pair: Pair;
  readonly rows: readonly ComparedRow[];
}

function ComparedTable({ caption, pair, rows }: ComparedTableProps): VNode {
  if (rows.length === 0) return <p class="muted">{`${caption}: none.`}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <td />
            {pair.map(({ name, protocol }) => (
              <th key={name} scope="col" class="number">
                {protocol === undefined ? name : `${name} (paper protocol: chosen on the test split)`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values, better }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, i) => (
                <td key={pair[i].name} class={i === better ? "number better" : "number"}>
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function metricRows([
  { metrics: first, intervals: a },
  { metrics: second, intervals: b },
]: Pair): readonly ComparedRow[] {
  if (first === undefined || second === undefined) return [];
  const share = (name: string, x: number, y: number, isSmallerBetter = false): ComparedRow => ({
    ...{ name, values: [percent(x), percent(y)] },
    better: x === y ? undefined : x > y === isSmallerBetter ? 1 : 0,
  });
  const interval = a !== undefined &&
    b !== undefined && { name: "95 % interval", values: [rangeText(a), rangeText(b)] as const };
  const classes = first.classes.filter((name) => Object.hasOwn(second.perClass, name));
  return [
    share("accuracy", first.accuracy, second.accuracy),
    ...(interval === false ? [] : [interval]),
    share("UAR", first.uar, second.uar),
    share("ECE", first.ece, second.ece, true),
    { name: "images", values: [String(first.n), String(second.n)] },
    ...classes.map((name) => share(`recall of ${name}`, first.perClass[name].recall, second.perClass[name].recall)),
  ];
}

const rangeText = ({ accuracy: [low, high] }: NonNullable<Run["intervals"]>): string =>
  `${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)} %`;
