/** Markdown tables of the comparison. */
import type { TrainingProfile } from "../src/runs/bench/bench.ts";
import type { DataLoop } from "./dataLoop.ts";
import type { Comparison } from "./processes.ts";
import type { ThroughputRow } from "./throughput.ts";

const markdown = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ""
    : [heads, heads.map(() => "---"), ...rows]
        .map((cells) => `| ${cells.join(" | ")} |`)
        .join("\n")
        .concat("\n");

export const throughputTable = (rows: readonly ThroughputRow[]): string =>
  markdown(
    ["work", "batch", "peer", "mpa-fer images/s", "peer images/s", "ratio (quartiles)", "asked"],
    rows.map((row) => [
      `${row.mode}, ${row.precision}, ${row.variant}`,
      `${row.batch}`,
      row.peer,
      row.images_per_s.toFixed(2),
      row.peer_images_per_s.toFixed(2),
      `${row.ratio.toFixed(2)} (${row.ratio_quartiles.map((each) => each.toFixed(2)).join("–")})`,
      `≥ ${row.bar}`,
    ]),
  );

export const comparisonTable = (comparisons: readonly Comparison[]): string =>
  markdown(
    ["what", "peer", "mpa-fer", "peer's", "ratio", "asked"],
    comparisons.map(({ what, peer, own, theirs, unit, ratio, bar }) => {
      const figure = (value: number) => `${value.toFixed(unit === "MB" ? 0 : 2)} ${unit}`;
      return [what, peer, figure(own), figure(theirs), ratio.toFixed(2), `≤ ${bar}`];
    }),
  );

export const profileLine = (profile: TrainingProfile | undefined): string =>
  profile === undefined
    ? ""
    : `The text tower takes ${(100 * profile.text_share).toFixed(1)} % of a step at batch 32 (asked: ≤ 5 %).`;

export const dataLoopLine = (data: DataLoop | undefined): string =>
  data === undefined
    ? ""
    : `With data in the loop a step runs at ${(100 * data.share).toFixed(1)} % of the rate without (asked: ≥ 95 %).`;
