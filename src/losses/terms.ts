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
export const extraWeights = (given: readonly string[] = []): Readonly<Record<string, number>> =>
  Object.fromEntries(
    given.map((text) => {
      const [name, weight] = text.split("=");
      requireFree(name);
      return [name, Number(weight)];
    }),
  );

function requireFree(name: string): void {
  const term = lossTerms.find(name);
  if (term !== undefined && term.weight === undefined) return;
  if (term !== undefined) {
    throw new MpaError("USAGE", `${name} is weighted by the method`, undefined, "use --beta, --gamma or --variant");
  }
  const free = lossTerms.all.filter(({ weight }) => weight === undefined).map((other) => other.name);
  const mend = free.length > 0 ? `choose one of ${free.join(", ")}` : "name the module that brings it with --plugin";
  throw new MpaError("USAGE", `there is no loss term ${name} to weigh`, undefined, mend);
}
