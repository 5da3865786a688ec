import { MpaError } from "../errors.ts";
import { Registry } from "../registry.ts";
import { imageTextTerm } from "./imageText.ts";
import type { LossOptions, LossTerm } from "./lossTerm.ts";
import { prototypeTerm } from "./prototype.ts";
import { promptAlignmentTerm, tokenAlignmentTerm } from "./softHard.ts";

/** Every term of L_total. A new one is one file and one line here. */
export const lossTerms = new Registry<LossTerm>("loss term", /^L_\w+$/, [
  imageTextTerm,
  prototypeTerm,
  tokenAlignmentTerm,
  promptAlignmentTerm,
]);

/** What a term counts in L_total. */
export const weightOf = (term: LossTerm, options: LossOptions): number =>
  term.weight?.(options) ?? options.extra?.[term.name] ?? 0;

/** Weights by name from `NAME=WEIGHT`. Throws USAGE for a term that is not there or has an option of its own. */
export function extraWeights(given: readonly string[] = []): Readonly<Record<string, number>> {
  const entries = given.map((text): [string, number] => {
    const [name, weight] = text.split("=");
    const term = lossTerms.get(name);
    if (term.weight === undefined) return [name, Number(weight)];
    throw new MpaError("USAGE", `${name} is weighted by the method`, undefined, "use --beta, --gamma or --variant");
  });
  return Object.fromEntries(entries);
}
