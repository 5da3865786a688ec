/** One line an epoch, for people. */
import type { SelectionSplit } from "../data/selectionSplit.ts";
import { percent } from "../evaluation/percent.ts";
import type { EpochEnd } from "./trainerCallback.ts";

export function epochLine(
  { epoch, losses, validation, isBest }: EpochEnd,
  epochs: number,
  selection: SelectionSplit,
): string {
  const split = selection === "test" ? "test (paper protocol)" : "valid";
  const terms = Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const scores = validation
    ? [`${split} accuracy ${percent(validation.accuracy)}`, `UAR ${percent(validation.uar)}`]
    : [];
  return [`epoch ${epoch + 1}/${epochs}`, ...terms, ...scores, ...(isBest ? ["best"] : [])].join("  ");
}
