/**
 * Prints the tables of docs/results.md from its records.
 *
 *   npx tsx tools/results.ts docs/records/ferplus
 *
 * NAME-SEED.json is the `run.json` of a run, zero-shot-H.json the output of `evaluate --hard-prompt H`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { percent } from "../src/evaluation/rows.ts";

const scores = z.object({
  accuracy: z.number(),
  uar: z.number(),
  ece: z.number(),
  n: z.number(),
  classes: z.array(z.string()).optional(),
  perClass: z.record(z.string(), z.object({ recall: z.number() })),
});
const run = z.object({ finished: z.literal(true), metrics: scores });
type Scores = z.infer<typeof scores>;

const [folder] = process.argv.slice(2);
const groups = new Map<string, Scores[]>();
for (const file of readdirSync(folder).sort()) {
  const [, group] = file.match(/^(.+)-\d+\.json$/) ?? [];
  if (group === undefined) continue;
  const content: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const name =
    group === "zero-shot" ? file.replace(/\.json$/, "").replace("zero-shot-", "zero-shot, hard prompt ") : group;
  const found = group === "zero-shot" ? scores.parse(content) : run.parse(content).metrics;
  groups.set(name, [...(groups.get(name) ?? []), found]);
}

const [[first]] = groups.values();
// Older records have the order only in the keys, which are the names of FER+.
const classes = first.classes ?? Object.keys(first.perClass);
const overall = [...groups].map(([name, all]) => [
  name,
  all.length,
  of(all, "accuracy"),
  of(all, "uar"),
  of(all, "ece"),
]);
const perClass = [...groups].map(([name, all]) => [
  name,
  ...classes.map((each) => percent(mean(all.map(({ perClass: { [each]: found } }) => found.recall)))),
]);
process.stdout.write(
  [markdown(["", "runs", "accuracy", "UAR", "ECE"], overall), "", markdown(["recall", ...classes], perClass), ""].join(
    "\n",
  ),
);

function of(all: readonly Scores[], key: "accuracy" | "uar" | "ece"): string {
  const values = all.map((each) => each[key]);
  const average = mean(values);
  if (values.length === 1) return percent(average);
  const deviation = Math.sqrt(
    mean(values.map((value) => (value - average) ** 2)) * (values.length / (values.length - 1)),
  );
  return `${percent(average)} ± ${(100 * deviation).toFixed(2)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function markdown(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
