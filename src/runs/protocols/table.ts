/** Tables of protocols as Markdown and CSV. */
import { counted } from "../../platform/counts.ts";
import { csvLine } from "../../platform/csv.ts";
import { code, joined, type Markdown, markdown, table } from "../../platform/markdown.ts";
import type { AblationResult } from "../ablate/ablate.ts";
import { gainCells, pairedNote, spreadText, testNote } from "../ablate/table.ts";
import type { ProtocolFacts } from "./facts.ts";
import type { ProtocolName } from "./options.ts";
import type { ProtocolScore } from "./results.ts";

/** Everything that a table shows. */
export interface ProtocolTable extends ProtocolFacts, Pick<AblationResult, "testOpened"> {
  /** sentences of the plan */
  readonly notes: readonly string[];
}

const rowHeads: Readonly<Record<ProtocolName, string>> = {
  "few-shot": "images a class",
  "base-to-new": "trained on",
  "cross-data": "trained on",
  "leave-one-class-out": "left out",
  "k-fold": "fold",
};

/** Name of a row where no head stands above it: "2 images a class", "left out fear". */
export const rowLabel = (protocol: ProtocolName, name: string): string =>
  protocol === "few-shot" ? `${counted(Number(name), "image")} a class` : `${rowHeads[protocol]} ${name}`;

/** Heads of the table. */
export const protocolHeads = (protocol: ProtocolName): readonly string[] => [
  ...[rowHeads[protocol], "scored on", "images", "accuracy", "UAR"],
  ...(protocol === "few-shot" ? ["gain over the previous row", "p"] : []),
  ...(protocol === "leave-one-class-out" ? ["its recall"] : []),
];

/** Cells under `protocolHeads`, a line for each row and each thing that it was scored on. */
export const protocolCells = ({ protocol, rows }: ProtocolTable): readonly (readonly string[])[] =>
  rows.flatMap(({ name, scores }) => scores.map((score) => [name, ...scoreCells(protocol, score)]));

const scoreCells = (protocol: ProtocolName, { on, images, accuracy, uar, gain, recall }: ProtocolScore): string[] => [
  ...[on, String(images), spreadText(accuracy), spreadText(uar)],
  ...(protocol === "few-shot" ? gainCells(gain) : []),
  ...(protocol === "leave-one-class-out" ? [recall === undefined ? "" : spreadText(recall)] : []),
];

/** Accuracies as a matrix: a row for each training set, a column for each set that is scored. */
export const matrixHeads = ({ rows }: ProtocolTable): readonly string[] => [
  "trained on ↓, scored on →",
  ...rows[0].scores.map(({ on }) => on),
];
export const matrixCells = ({ rows }: ProtocolTable): readonly (readonly string[])[] =>
  rows.map(({ name, scores }) => [name, ...scores.map(({ accuracy }) => spreadText(accuracy))]);

export const summaryHeads = ["", "", "standard deviation over"] as const;
export const summaryCells = ({ summary }: ProtocolTable): readonly (readonly string[])[] =>
  summary.map(({ name, value, over }) => [name, spreadText(value), value.sd === undefined ? "" : over]);

/** Sentences under a table. */
export function protocolNotes({ protocol, split, seeds, notes, testOpened, caveat }: ProtocolTable): string[] {
  return [
    ...(caveat ? [`Not a figure of unseen data — ${caveat}.`] : []),
    `On the ${split} split${protocol === "k-fold" ? " of each fold" : ""}; mean ± standard deviation over ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}.`,
    ...(protocol === "few-shot" ? [pairedNote(seeds.length)] : []),
    ...notes,
    ...(split === "valid" ? [selectionNote(protocol)] : []),
    ...(split === "test" && protocol !== "k-fold" && !caveat && testOpened ? [testNote({ testOpened })] : []),
  ];
}

const selectionNote = (protocol: ProtocolName): string =>
  protocol === "cross-data"
    ? "Each run's best epoch was chosen on the validation split of its own set, which flatters the diagonal a little."
    : "Images of this very split chose each run's best epoch, which flatters a little.";

/** Renders the tables and notes. */
export function protocolMarkdown(given: ProtocolTable): string {
  const parts = [
    ...(given.protocol === "cross-data" ? [tableOf(matrixHeads(given), matrixCells(given))] : []),
    tableOf(protocolHeads(given.protocol), protocolCells(given)),
    ...(given.summary.length > 0 ? [tableOf(summaryHeads, summaryCells(given))] : []),
    joined(
      protocolNotes(given).map((note) => markdown`${note}`),
      "\n",
    ),
  ];
  return `${joined(parts, "\n\n").text}\n`;
}

/** Names of rows and of what is scored may be of the user's making and are escaped; figures need no escaping. */
const tableOf = (heads: readonly string[], rows: readonly (readonly string[])[]): Markdown =>
  table(
    heads,
    rows.map(([name, ...cells]) => [code(name), ...cells.map((cell) => markdown`${cell}`)]),
  );

/** Renders the table as CSV: a line for each row and each thing that it was scored on. */
export function protocolCsv({ rows }: ProtocolTable): string {
  const head = [
    ...["row", "scored_on", "images", "accuracy", "accuracy_sd", "uar", "uar_sd"],
    ...["gain", "gain_low", "gain_high", "p", "recall", "recall_sd"],
  ];
  const lines = rows.flatMap(({ name, scores }) =>
    scores.map(({ on, images, accuracy, uar, gain, recall }) =>
      [
        ...[name, on, images, accuracy.mean, accuracy.sd, uar.mean, uar.sd],
        ...[gain?.difference, gain?.interval[0], gain?.interval[1], gain?.p, recall?.mean, recall?.sd],
      ].map((value) => value ?? ""),
    ),
  );
  return [head, ...lines].map(csvLine).join("");
}
