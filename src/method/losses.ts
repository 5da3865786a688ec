/** Losses of the paper's section 3: L_t (Eq. 1–4), L_v (Eq. 7), L_vt (Eq. 11) and their weighted sum (Eq. 12). */
import {
  abs,
  add,
  gatherRows,
  logSoftmax,
  matmul,
  mul,
  reduceMean,
  reduceSum,
  scale,
  sub,
} from "../graph/ops/index.ts";
import { constant, scalar, type Tensor } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";
import { namesOf, Registry } from "../platform/registry.ts";
import type { TextFeatures } from "./mpaFer.ts";

/** A scalar term of L_total. An image term must be Σ_b weight_b · v_b with v_b of image b only, because micro-batches are summed. */
export interface LossTerm {
  /** name in records, `L_…` */
  readonly name: string;
  /** Weight in L_total; a term of weight 0 is not built. Without this function the weight is that of `--loss-term`, default 0. */
  weight?(options: LossOptions): number;
  /** The image term, or `undefined` if a required input is absent. */
  ofImages?(inputs: ImageLossInputs, options: LossOptions): Tensor | undefined;
  /** The text term, or `undefined` if a required input is absent. */
  ofTexts?(inputs: TextLossInputs, options: LossOptions): Tensor | undefined;
  /** whether the text term needs the features of the hard prompts also where β is 0 */
  readonly usesHardPrompts?: boolean;
}

/** Weights and temperatures of the loss (Eq. 12). */
export interface LossOptions {
  readonly beta: number;
  readonly gamma: number;
  readonly prototypeLoss: MatchingLoss;
  readonly tau: number;
  /** ε of label smoothing in L_vt; default 0 */
  readonly labelSmoothing?: number | undefined;
  /** weight of each class in L_vt, in logit order; default all the same */
  readonly classWeights?: readonly number[] | undefined;
  /** whether images are blended (mixup) */
  readonly isMixed?: boolean | undefined;
  /** weights by name of terms without a dedicated option */
  readonly extra?: Readonly<Record<string, number>>;
}

/** Inputs of a text term. */
export interface TextLossInputs {
  readonly soft: TextFeatures;
  /** present if β > 0 or a weighted term uses them */
  readonly hard?: TextFeatures;
}

/** Inputs of an image term. */
export interface ImageLossInputs {
  /** [B, C] */
  readonly logits: Tensor;
  /** [B, C], one-hot or a distribution */
  readonly target: Tensor;
  /** [B, 1], summing to 1 over the whole batch; 0 for padding */
  readonly weight: Tensor;
  /** [1], 1 over the mean class weight of the batch's targets; present with class weights */
  readonly classScale?: Tensor;
  /** g, normalised: [B, E] */
  readonly global: Tensor;
  /** Z, normalised: [B, N, E]; present with local alignment */
  readonly local?: Tensor;
  /** θ of the soft prompts, normalised: [C, E] */
  readonly theta: Tensor;
  /**
   * p [C, E] and the class of each image [B], int64; present if γ > 0. With mixup also the classes of the partners [B] and the images'
   * own share [1].
   */
  readonly prototypes?: {
    readonly values: Tensor;
    readonly labels: Tensor;
    readonly mixed?: { readonly labels: Tensor; readonly share: Tensor };
  };
}

/** L_ta (Eq. 1–2): soft-hard alignment of token embeddings. With L_pa it is L_t (Eq. 4). */
export const tokenAlignmentTerm: LossTerm = {
  name: "L_ta",
  weight: ({ beta }) => beta,
  ofTexts: ({ soft, hard }, { tau }) => hard && alignmentLoss(soft.token, hard.token, tau),
};

/** L_pa (Eq. 3): soft-hard alignment of prompt features. */
export const promptAlignmentTerm: LossTerm = {
  name: "L_pa",
  weight: ({ beta }) => beta,
  ofTexts: ({ soft, hard }, { tau }) => hard && alignmentLoss(soft.prompt, hard.prompt, tau),
};

/**
 * Soft-hard alignment: the mean over d of −log( exp(S[d,d]/τ) / Σ_c exp(S[c,d]/τ) ) with S[c,d] = soft_c · hard_d. Both inputs
 * are normalised, [C, width]; the result is a scalar. Each hard prompt is classified among the soft prompts (Eq. 1–3).
 */
export function alignmentLoss(soft: Tensor, hard: Tensor, tau: number): Tensor {
  const [classes] = soft.shape;
  // Row d holds S[·, d], so the softmax over the last axis runs over the soft prompts c.
  const similarity = matmul(hard, soft, { transB: true, alpha: 1 / tau });
  return scale(reduceSum(mul(logSoftmax(similarity), identity(classes)), [0, 1]), -1 / classes);
}

/**
 * L_kg of KgCoOp (Yao, Zhang and Xu, CVPR 2023): the mean over the classes of ‖w_c − w_c^clip‖² between the text features of the soft
 * and the hard prompts. Its weight is λ = 8 (htyao89/KgCoOp, scripts/run.sh). The released code has 1 − cos, half of it (trainers/kgcoop.py).
 */
export const knowledgeTerm: LossTerm = {
  name: "L_kg",
  usesHardPrompts: true,
  ofTexts: ({ soft, hard }) => {
    if (hard === undefined) return undefined;
    const apart = sub(soft.prompt, hard.prompt);
    return scale(reduceSum(mul(apart, apart), [0, 1]), 1 / soft.prompt.shape[0]);
  },
};

/**
 * L_v (Eq. 7): distance between the prompted global feature and the frozen prototype of the image's class; with mixup, the distances to
 * the prototypes of both classes by their shares.
 */
export const prototypeTerm: LossTerm = {
  name: "L_v",
  weight: ({ gamma }) => gamma,
  ofImages: ({ global, weight, prototypes }, { prototypeLoss: distance }) => {
    if (prototypes === undefined) return undefined;
    const { values, labels, mixed } = prototypes;
    const to = (classes: Tensor, weights: Tensor) =>
      prototypeLoss(global, gatherRows(values, classes), weights, distance);
    if (mixed === undefined) return to(labels, weight);
    const { share } = mixed;
    return add(to(labels, mul(weight, share)), to(mixed.labels, mul(weight, sub(scalar(1), share))));
  },
};

/** Prototype loss Σ_b w_b M(g_b, p_b), a scalar; g and p [B,E], weight [B,1]. */
export const prototypeLoss = (g: Tensor, p: Tensor, weight: Tensor, kind: MatchingLoss): Tensor =>
  reduceSum(mul(matchingLosses[kind](g, p), weight), [0, 1]);

/** Name of a distance M of Eq. 7. */
export type MatchingLoss = "cosine" | "l1";

/** Distances M of Eq. 7 between normalised g and p, both [B,E], as [B,1]. */
export const matchingLosses = {
  /** 1 − g·p */
  cosine: (g: Tensor, p: Tensor): Tensor => sub(scalar(1), reduceSum(mul(g, p), [-1], true)),
  /** mean over E of |g − p| */
  l1: (g: Tensor, p: Tensor): Tensor => reduceMean(abs(sub(g, p)), [-1], true),
} as const satisfies Readonly<Record<MatchingLoss, (g: Tensor, p: Tensor) => Tensor>>;

export const matchingLossNames = namesOf(matchingLosses);

/** L_vt (Eq. 11): cross-entropy between the logits of Eq. 10 and the targets. */
export const imageTextTerm: LossTerm = {
  name: "L_vt",
  weight: () => 1,
  ofImages: ({ logits, target, weight, classScale }, { labelSmoothing = 0, classWeights }) => {
    const smoothed = labelSmoothing === 0 ? target : smoothedTargets(target, labelSmoothing);
    if (classWeights === undefined || classScale === undefined) return imageTextLoss(logits, smoothed, weight);
    const weights = constant(Float32Array.from(classWeights), [1, classWeights.length]);
    return imageTextLoss(logits, mul(smoothed, weights), mul(weight, classScale));
  },
};

/** Label smoothing (Szegedy et al. 2016), (1 − ε)·target + ε/C; [B,C]. */
export function smoothedTargets(target: Tensor, epsilon: number): Tensor {
  const [, classes] = target.shape;
  return add(scale(target, 1 - epsilon), scalar(epsilon / classes));
}

/** Cross-entropy −Σ_b w_b Σ_c target[b,c]·log softmax(logits)[b,c], a scalar; logits and target [B,C], weight [B,1]. */
export const imageTextLoss = (logits: Tensor, target: Tensor, weight: Tensor): Tensor =>
  scale(reduceSum(mul(mul(logSoftmax(logits), target), weight), [0, 1]), -1);

/** Loss terms for a record: with L_t = L_ta + L_pa (Eq. 4) added before L_total. */
export function recordedLosses(losses: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const { L_total, ...terms } = losses;
  const { L_ta, L_pa } = terms;
  if (L_ta === undefined || L_pa === undefined || "L_t" in terms) return losses;
  return { ...terms, L_t: L_ta + L_pa, ...(L_total !== undefined && { L_total }) };
}

/** Registry of the terms of L_total = L_vt + β·(L_ta + L_pa) + γ·L_v (Eq. 12) and those of plugins. Their order determines the rounding. */
export const lossTerms = new Registry<LossTerm>("loss term", /^L_\w+$/, [
  imageTextTerm,
  prototypeTerm,
  tokenAlignmentTerm,
  promptAlignmentTerm,
  knowledgeTerm,
]);

/** The weight of a term in L_total. */
export const weightOf = (term: LossTerm, options: LossOptions): number =>
  term.weight?.(options) ?? options.extra?.[term.name] ?? 0;

/** Whether a term of nonzero weight uses the features of the hard prompts. */
export const alignsHardPrompts = (options: LossOptions): boolean =>
  options.beta > 0 || lossTerms.all.some((term) => term.usesHardPrompts && weightOf(term, options) !== 0);

/** Scalar loss terms by name (docs/method.md, Losses). */
export type BuiltTerms = Readonly<Record<string, Tensor>>;

/** Builds the image terms of nonzero weight. */
export const imageTerms = (inputs: ImageLossInputs, options: LossOptions): BuiltTerms =>
  built(options, (term) => term.ofImages?.(inputs, options));

/** Builds the text terms of nonzero weight. */
export const textTerms = (inputs: TextLossInputs, options: LossOptions): BuiltTerms =>
  built(options, (term) => term.ofTexts?.(inputs, options));

/** The weighted sum of the terms (Eq. 12), a scalar; 0 without terms. */
export const totalLoss = (terms: BuiltTerms, options: LossOptions): Tensor =>
  Object.entries(terms)
    .map(([name, term]) => scale(term, weightOf(lossTerms.get(name), options)))
    .reduce(add, scalar(0));

/** The weighted sum of computed term values (Eq. 12). */
export const totalOf = (terms: Readonly<Record<string, number>>, options: LossOptions): number =>
  Object.entries(terms).reduce((sum, [name, value]) => sum + weightOf(lossTerms.get(name), options) * value, 0);

/** Parses `NAME=WEIGHT` settings. Throws USAGE for an unknown term or one that has a dedicated option. */
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
    throw new MpaError("USAGE", `${name} is weighted by the method`, { fix: "use --beta, --gamma or --variant" });
  }
  const free = lossTerms.all.filter(({ weight }) => weight === undefined).map((other) => other.name);
  const fix = `choose one of ${free.join(", ")}, or name the module that brings it with --plugin`;
  throw new MpaError("USAGE", `there is no loss term ${name} to weigh`, { fix });
}

function built(options: LossOptions, build: (term: LossTerm) => Tensor | undefined): BuiltTerms {
  return Object.fromEntries(
    lossTerms.all.flatMap((term) => {
      const loss = weightOf(term, options) === 0 ? undefined : build(term);
      return loss === undefined ? [] : [[term.name, loss] as const];
    }),
  );
}

function identity(size: number): Tensor {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return constant(values, [size, size]);
}
