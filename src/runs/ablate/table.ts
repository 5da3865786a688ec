/** Ablation tables as Markdown and CSV. */
import { percent } from "../../evaluation/rows.ts";
import type { Spread } from "../../evaluation/spread.ts";
import { csvLine } from "../../platform/csv.ts";
import { code, joined, Markdown, markdown, table } from "../../platform/markdown.ts";
import type { Gain, RowScores, RowSummary } from "./summary.ts";

/** Facts stated in the notes under a table. */
export interface TableNotes {
  readonly split: string;
  readonly seeds: readonly number[];
  readonly testOpened?: { readonly first: string; readonly last: string };
  readonly protocol?: string;
}

const scoreHeads = ["", "accuracy", "UAR", "gain over the previous row", "p"] as const;
const mainHeads = [...scoreHeads, "trainable parameters", "MiB (16 bit)", "paper *"] as const;

/** Renders the table, its notes, and the test split's scores if there are any. */
export function markdownTable(rows: readonly RowSummary[], notes: TableNotes): string {
  const tested = rows.flatMap(({ name, test }) => (test ? [scoreCells(name, test)] : []));
  const [first, ...others] = tableNotes(rows, notes);
  const warning = notes.protocol ? markdown`**${first}**` : markdown`${first}`;
  const { text } = markdown`${tableOf(mainHeads, rows.map(mainCells))}

${joined([warning, ...others], "\n")}
${tested.length > 0 ? testSection(tested, notes) : nothing}`;
  return text;
}

const testSection = (rows: readonly (readonly string[])[], notes: TableNotes): Markdown => markdown`
## ${testHeading}

${tableOf(scoreHeads, rows)}

${testNote(notes)}
`;

const nothing = new Markdown("");

const tableOf = (heads: readonly string[], rows: readonly (readonly string[])[]): Markdown =>
  table(heads, rows.map(inMarkdown));

/** Cells of a row: the name is escaped; the figures are numbers and need no escaping. */
const inMarkdown = ([name, ...figures]: readonly string[]): Markdown[] => [
  code(name),
  ...figures.map((figure) => new Markdown(figure)),
];

export const testHeading = "The test split";

/** Sentences under a table. */
export function tableNotes(rows: readonly RowSummary[], notes: TableNotes): string[] {
  const { split, seeds, protocol } = notes;
  const [caveats, sizes] = [tableCaveats(notes), paperSizes(rows)];
  return [
    ...(protocol ? caveats.slice(0, 1) : []),
    `On the ${split} split; mean ± standard deviation over ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}.`,
    pairedNote(seeds.length),
    ...(protocol ? caveats.slice(1) : caveats),
    "* The paper's accuracy with OpenAI's CLIP and its own protocol: another backbone or data set does not compare.",
    ...sizes,
  ];
}

/** What limits the figures of a table: the paper's protocol first, selection on the scored split, when the test split was opened. */
export const tableCaveats = ({ split, protocol, testOpened }: TableNotes): string[] => [
  ...(protocol ? [`Not a figure of unseen data — ${protocol}.`] : []),
  ...(split === "valid" ? ["Each run's best epoch was chosen on this very split, which flatters a little."] : []),
  ...(split === "test" && !protocol && testOpened ? [testNote({ testOpened })] : []),
];

/** Sentence on the sizes that the paper gives for rows; none if it gives none. */
export function paperSizes(rows: readonly RowSummary[]): string[] {
  const sizes = rows.flatMap(({ name, paperMegabytes }) =>
    paperMegabytes === undefined ? [] : [`${paperMegabytes} "MB" for ${name}`],
  );
  return sizes.length > 0 ? [`The paper's Table 4 gives ${sizes.join(", ")}.`] : [];
}

/** Sentence on the intervals and p-values of paired differences. */
export const pairedNote = (seeds: number): string =>
  seeds === 1
    ? "In brackets 95 % paired bootstrap intervals over images, p from the same resamples; with one seed they leave out how trainings differ."
    : `In brackets 95 % paired bootstrap intervals over the ${seeds} seeds and the images, p from the same resamples; few seeds tell little of how trainings differ.`;

/** Sentence that says when the runs were evaluated on the test split; empty if they were not. */
export function testNote({ testOpened }: Pick<TableNotes, "testOpened">): string {
  if (testOpened === undefined) return "";
  const minute = (at: string) => at.slice(0, 16).replace("T", " ");
  const [first, last] = [minute(testOpened.first), minute(testOpened.last)];
  const when = first === last ? `at ${first}` : `from ${first} to ${last}`;
  return `Evaluated on the test split after every run was done, ${when} UTC, once for each run; nothing was chosen by it.`;
}

/** Cells of a row under `mainHeads`. */
function mainCells(row: RowSummary): readonly string[] {
  const { name, parameters, mebibytes, paper } = row;
  const size = [String(parameters), mebibytes.toFixed(3), paper === undefined ? "" : paper.toFixed(2)];
  return [...scoreCells(name, row), ...size];
}

/** Cells of a row under `scoreHeads`. */
export function scoreCells(name: string, { accuracy, uar, gain }: RowScores): readonly string[] {
  return [name, spreadText(accuracy), spreadText(uar), ...gainCells(gain)];
}

/** A gain with its interval, and p; empty without a gain. */
export function gainCells(gain: Gain | undefined): readonly [gain: string, p: string] {
  if (gain === undefined) return ["", ""];
  const { difference, interval, p } = gain;
  return [`${points(difference)} (${interval.map(points).join(" … ")})`, p < 0.001 ? "< 0.001" : p.toFixed(3)];
}

const points = (value: number): string => `${value >= 0 ? "+" : "−"}${(100 * Math.abs(value)).toFixed(2)}`;

/** A mean with its standard deviation in percent, if it has one. */
export const spreadText = ({ mean, sd }: Spread): string =>
  sd === undefined ? percent(mean) : `${percent(mean)} ± ${(100 * sd).toFixed(2)}`;

const scoreNames = ["accuracy", "accuracy_sd", "uar", "uar_sd", "gain", "gain_low", "gain_high", "p"] as const;

/** Renders the table as CSV, with columns for the test split if it was opened. */
export function csvTable(rows: readonly RowSummary[]): string {
  const hasTest = rows.some(({ test }) => test !== undefined);
  const testNames = hasTest ? scoreNames.map((name) => `test_${name}`) : [];
  const head = ["row", ...scoreNames, "parameters", "mebibytes", "paper", ...testNames];
  const lines = rows.map((row) => {
    const { name, test, parameters, mebibytes, paper } = row;
    const tested = hasTest ? (test ? figures(test) : scoreNames.map(() => undefined)) : [];
    return [name, ...[...figures(row), parameters, mebibytes, paper, ...tested].map((value) => value ?? "")];
  });
  return [head, ...lines].map(csvLine).join("");
}

const figures = ({ accuracy, uar, gain }: RowScores): (number | undefined)[] => [
  ...[accuracy.mean, accuracy.sd, uar.mean, uar.sd],
  ...[gain?.difference, gain?.interval[0], gain?.interval[1], gain?.p],
];
