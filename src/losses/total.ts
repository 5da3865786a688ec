/** L_total = L_vt + β·(L_ta + L_pa) + γ·L_v (Eq. 12), and what a plugin adds. A term whose weight is 0 is not built. */
import { add, scale } from "../graph/ops/index.ts";
import { scalar, type Tensor } from "../graph/tensor.ts";
import type { ImageLossInputs, LossOptions, LossTerm, TextLossInputs } from "./lossTerm.ts";
import { lossTerms, weightOf } from "./terms.ts";

/** Loss terms by their names in docs/method.md. Each is a scalar. */
export type BuiltTerms = Readonly<Record<string, Tensor>>;

/** The terms that images have a part in. */
export const imageTerms = (inputs: ImageLossInputs, options: LossOptions): BuiltTerms =>
  built(options, (term) => term.ofImages?.(inputs, options));

/** The terms of the prompts alone. */
export const textTerms = (inputs: TextLossInputs, options: LossOptions): BuiltTerms =>
  built(options, (term) => term.ofTexts?.(inputs, options));

/** What the terms come to in L_total: a scalar, 0 without any. */
export const totalLoss = (terms: BuiltTerms, options: LossOptions): Tensor =>
  Object.entries(terms)
    .map(([name, term]) => scale(term, weightOf(lossTerms.get(name), options)))
    .reduce(add, scalar(0));

/** The same of values. */
export const totalOf = (terms: Readonly<Record<string, number>>, options: LossOptions): number =>
  Object.entries(terms).reduce((sum, [name, value]) => sum + weightOf(lossTerms.get(name), options) * value, 0);

function built(options: LossOptions, build: (term: LossTerm) => Tensor | undefined): BuiltTerms {
  return Object.fromEntries(
    lossTerms.all.flatMap((term) => {
      const loss = weightOf(term, options) === 0 ? undefined : build(term);
      return loss === undefined ? [] : [[term.name, loss] as const];
    }),
  );
}
