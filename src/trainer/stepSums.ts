/** What the runs of a step come to: terms and gradients are summed in the order in which they are given, which decides the bits. */
import { MpaError } from "../errors.ts";
import type { LossOptions } from "../losses/lossTerm.ts";
import { totalOf } from "../losses/total.ts";
import type { Prompts } from "../model/prompts.ts";
import type { Results } from "../runtime/session.ts";
import type { Gradients } from "./sgd.ts";
import { gradientName } from "./trainingGraph.ts";

export interface StepResult {
  /** each term by its name in docs/method.md */
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Gradients;
  /** that the batch had */
  readonly images: number;
}

export interface Sums {
  readonly terms: Record<string, number>;
  /** by the name of the output */
  readonly gradients: Record<string, Float64Array>;
}

/** Of all the runs. */
export async function sumOf(parts: Iterable<Results> | AsyncIterable<Results>): Promise<Sums> {
  const sums: Sums = { terms: {}, gradients: {} };
  for await (const results of parts) collect(sums, results);
  return sums;
}

const isTerm = (name: string): boolean => name.startsWith("L_");

/** The loss terms among the results of a run. */
export const termsOf = (results: Results): Results =>
  Object.fromEntries(Object.entries(results).filter(([name]) => isTerm(name)));

/** Throws NUMERIC naming the first term that is not finite. */
export function resultOf(
  { terms, gradients }: Sums,
  prompts: Prompts,
  images: number,
  options: LossOptions,
): StepResult {
  const losses = { ...terms, L_total: totalOf(terms, options) };
  const ofPrompts = Object.fromEntries(
    Object.keys(prompts).map((name) => [name, Float32Array.from(gradients[gradientName(name)])]),
  );
  checkFinite(losses, ofPrompts);
  return { losses, gradients: ofPrompts, images };
}

/** Adds the results of one more run. */
export function collect({ terms, gradients }: Sums, results: Results): void {
  for (const [name, values] of Object.entries(results)) {
    if (isTerm(name)) {
      terms[name] = (terms[name] ?? 0) + Number(values[0]);
      continue;
    }
    gradients[name] ??= new Float64Array(values.length);
    const sum = gradients[name];
    for (let i = 0; i < sum.length; i++) sum[i] += Number(values[i]);
  }
}

function checkFinite(losses: Readonly<Record<string, number>>, gradients: Gradients): void {
  const badLoss = Object.keys(losses).find((name) => !Number.isFinite(losses[name]));
  if (badLoss !== undefined)
    throw new MpaError("NUMERIC", `${badLoss} became ${losses[badLoss]}`, undefined, "lower --lr");
  const badGradient = Object.keys(gradients).find((name) => gradients[name].some((value) => !Number.isFinite(value)));
  if (badGradient !== undefined) {
    throw new MpaError("NUMERIC", `the gradient of ${badGradient} is not finite`, undefined, "lower --lr");
  }
}
