/** A finished table as Markdown and as comma-separated values. */
import { percent } from "../evaluation/percent.ts";
import type { RowSummary, Spread } from "./summary.ts";

const heads = ["", "accuracy", "UAR", "gain over the row above", "p", "learned values", "MiB (16 bit)", "paper *"];

export function markdownTable(rows: readonly RowSummary[], split: string, seeds: readonly number[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows.map(cells)].map((row) => `| ${row.join(" | ")} |`);
  const notes = [
    `On the ${split} split; mean ± standard deviation over ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}.`,
    "In brackets 95 % paired bootstrap intervals over images, p from the same resamples.",
    split === "valid" ? "Each run's best epoch was chosen on this very split, which flatters a little." : "",
    "* The paper's accuracy with OpenAI's CLIP and its own protocol: another backbone or data set does not compare.",
  ];
  return `${lines.join("\n")}\n\n${notes.filter((note) => note !== "").join("\n")}\n`;
}

function cells({ name, accuracy, uar, gain, parameters, mebibytes, paper }: RowSummary): readonly string[] {
  const points = (value: number) => `${value >= 0 ? "+" : "−"}${(100 * Math.abs(value)).toFixed(2)}`;
  return [
    `\`${name}\``,
    spreadText(accuracy),
    spreadText(uar),
    gain === undefined ? "" : `${points(gain.difference)} (${gain.interval.map(points).join(" … ")})`,
    gain === undefined ? "" : gain.p < 0.001 ? "< 0.001" : gain.p.toFixed(3),
    String(parameters),
    mebibytes.toFixed(3),
    paper === undefined ? "" : paper.toFixed(2),
  ];
}

const spreadText = ({ mean, sd }: Spread): string =>
  sd === undefined ? percent(mean) : `${percent(mean)} ± ${(100 * sd).toFixed(2)}`;

export function csvTable(rows: readonly RowSummary[]): string {
  const names = ["row", "accuracy", "accuracy_sd", "uar", "uar_sd", "gain", "gain_low", "gain_high", "p"];
  const lines = rows.map(({ name, accuracy, uar, gain, parameters, mebibytes, paper }) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const figures = [
      accuracy.mean,
      accuracy.sd,
      uar.mean,
      uar.sd,
      gain?.difference,
      gain?.interval[0],
      gain?.interval[1],
    ];
    return [quoted, ...figures, gain?.p, parameters, mebibytes, paper].map((value) => value ?? "").join(",");
  });
  return `${[[...names, "parameters", "mebibytes", "paper"].join(","), ...lines].join("\n")}\n`;
}
