/** Small chart of lines, with grid, axis titles and a legend if there is more than one line. */
import type { VNode } from "preact";
import { ticksOf } from "./ticks.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartProps {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
  /** first x; by default that of the first point */
  readonly xStart?: number;
  /** last x; by default that of the last point */
  readonly xEnd?: number;
  /** range of y; by default that of the points */
  readonly range?: readonly [low: number, high: number];
  readonly height?: number;
  /** a value with as many decimals, as at the ticks; with the usual ones where they are left out */
  readonly format: (y: number, decimals?: number) => string;
}

const width = 360;
const margin = { left: 52, right: 12, top: 10, bottom: 34 };
const intervals = 5;

export function LineChart(props: LineChartProps): VNode {
  const { title, xTitle, yTitle, series, format, height = 200 } = props;
  const points = series.flatMap((each) => each.points);
  const first = props.xStart ?? Math.min(...points.map(([x]) => x));
  const last = props.xEnd ?? Math.max(...points.map(([x]) => x));
  const { values: grid, decimals } = ticksOf(...(props.range ?? rangeOf(points.map(([, y]) => y))), intervals);
  const [low, high] = [grid[0], grid[grid.length - 1]];
  const bottom = height - margin.bottom;
  const xAt = (x: number) => margin.left + ((width - margin.left - margin.right) * (x - first)) / (last - first || 1);
  const yAt = (y: number) => bottom - ((bottom - margin.top) * (y - low)) / (high - low);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describe(props)}>
        {grid.map((y) => (
          <g key={y}>
            <line class="grid" x1={margin.left} x2={width - margin.right} y1={yAt(y)} y2={yAt(y)} />
            <text x={margin.left - 6} y={yAt(y) + 4} text-anchor="end">
              {format(y, decimals)}
            </text>
          </g>
        ))}
        <text x={xAt(first)} y={bottom + 16}>
          {first}
        </text>
        <text x={xAt(last)} y={bottom + 16} text-anchor="end">
          {last}
        </text>
        <text class="axis" x={(margin.left + width - margin.right) / 2} y={height - 6} text-anchor="middle">
          {xTitle}
        </text>
        <text class="axis" transform={`translate(11 ${(margin.top + bottom) / 2}) rotate(-90)`} text-anchor="middle">
          {yTitle}
        </text>
        {series.map((each, i) => (
          <path
            key={each.name}
            class={`line line-${i}`}
            d={`M${each.points.map(([x, y]) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`).join("L")}`}
          />
        ))}
      </svg>
      {series.length > 1 && (
        <ul class="chart-legend">
          {series.map(({ name }, i) => (
            <li key={name}>
              <svg viewBox="0 0 24 8" aria-hidden="true">
                <path class={`line line-${i}`} d="M0 4H24" />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

/** A share as a percentage, where `decimals` are the share's. */
export const percentText = (share: number, decimals = 2): string =>
  `${(100 * share).toFixed(Math.max(0, decimals - 2))} %`;

function rangeOf(values: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

function describe({ title, series, format }: LineChartProps): string {
  const ends = series.map(({ name, points }) => {
    const [from, to] = [points.at(0), points.at(-1)];
    return from === undefined || to === undefined ? name : `${name} from ${format(from[1])} to ${format(to[1])}`;
  });
  return `${title}: ${ends.join("; ")}`;
}
