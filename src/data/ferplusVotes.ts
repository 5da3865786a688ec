/** Labels of FER+ images from their ten votes. */
import { ferClasses } from "./sample.ts";

export const labelRules = ["plurality", "majority", "votes"] as const;
export type LabelRule = (typeof labelRules)[number];

export interface Label {
  /** index into `ferClasses` */
  readonly label: number;
  /** [8], only under `votes` */
  readonly target?: readonly number[];
}

/**
 * Label of an image from its FER+ votes (docs/datasets.md); undefined if the rule leaves it out.
 *
 * - `plurality`: the largest of the ten, ties to the lower column; left out if unknown or NF wins.
 * - `majority`: single votes are dropped first; the winner needs more than half of the rest.
 * - `votes`: the rows of `plurality`; target = the eight classes' votes over their sum.
 *
 * Every rule leaves out an image without votes.
 *
 * @param votes [10]: the eight classes, unknown, NF
 */
export function labelOf(votes: readonly number[], rule: LabelRule): Label | undefined {
  const counted = rule === "majority" ? votes.map((count) => (count > 1 ? count : 0)) : votes;
  const winner = firstLargest(counted);
  const total = sum(counted);
  if (total === 0 || winner >= ferClasses.length) return undefined;
  if (rule === "majority" && 2 * counted[winner] <= total) return undefined;
  if (rule !== "votes") return { label: winner };
  const classVotes = votes.slice(0, ferClasses.length);
  const classTotal = sum(classVotes);
  return { label: winner, target: classVotes.map((count) => count / classTotal) };
}

/** Reason why `labelOf` leaves out an image: the winning column, or the lack of votes or of a majority. */
export function leftOutReason(votes: readonly number[], rule: LabelRule): string {
  const counted = rule === "majority" ? votes.map((count) => (count > 1 ? count : 0)) : votes;
  if (sum(counted) === 0) return "without a vote";
  return ["unknown", "not a face"][firstLargest(counted) - ferClasses.length] ?? "without a majority";
}

function firstLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
