/** Linear probe: multinomial logistic regression on frozen features, as CLIP's authors evaluate it (Radford et al. 2021, appendix A.3). */
import { add, matmul } from "../../graph/ops/index.ts";
import { constant, type TensorData } from "../../graph/tensor.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import { type Baseline, type LabelledFeatures, labelledFeatures } from "./baseline.ts";
import { type Evaluation, type LbfgsOptions, minimise } from "./lbfgs.ts";

/** Weights [C,E] and biases [C] of the classes, one after the other. */
type Parameters = Float64Array;

/** CLIP's limit of 1,000 iterations of L-BFGS (appendix A.3), and scikit-learn's default tolerance. */
const published: LbfgsOptions = { tolerance: 1e-4, maxIterations: 1000 };

export const linearProbe: Baseline = {
  name: "linear-probe",
  learn: async ({ train, valid, theta, signal }) => {
    const [classes, width] = theta.shape;
    const known = labelledFeatures(train);
    const held = labelledFeatures(valid);
    let start: Parameters = new Float64Array(classes * (width + 1));
    const best = await searchStrength(async (strength) => {
      // A fit takes up to seconds; between two, other work and signals get their turn.
      await new Promise((resolve) => setTimeout(resolve));
      throwIfStopped(signal, "stopped while the linear probe was fitted");
      // The objective is convex: where it starts decides only how long it takes.
      start = logisticRegression(known, classes, { strength, start });
      return { parameters: start, accuracy: accuracyOf(start, held, classes) };
    });
    return {
      tensors: tensorsOf(best.parameters, classes, width),
      settings: { lambda: best.strength },
      parameters: best.parameters.length,
    };
  },
  logits: ({ tensors: { weight, bias } }, global) =>
    add(matmul(global, constant(weight.data, weight.shape), { transB: true }), constant(bias.data, [1, ...bias.shape])),
};

/** Options of `logisticRegression`. */
export interface RegressionOptions extends Partial<LbfgsOptions> {
  /** λ of ½·λ·‖W‖², 1/C of scikit-learn */
  readonly strength: number;
  readonly start?: Parameters;
}

/**
 * Minimises Σ_i −log softmax(W·x_i + b)[y_i] + ½·λ·‖W‖² (scikit-learn's LogisticRegression with C = 1/λ; the biases are not penalised).
 * Returns W [C,E], then b [C].
 */
export function logisticRegression(
  { features, labels }: LabelledFeatures,
  classes: number,
  { strength, start, ...limits }: RegressionOptions,
): Parameters {
  const width = features.length / labels.length;
  const from = start ?? new Float64Array(classes * (width + 1));
  // Divided by n, as scikit-learn does, so that the tolerance does not depend on the number of images.
  const evaluate = (at: Parameters) => meanLoss(at, { features, labels }, classes, strength / labels.length);
  return minimise(evaluate, from, { ...published, ...limits });
}

function meanLoss(
  at: Parameters,
  { features, labels }: LabelledFeatures,
  classes: number,
  penalty: number,
): Evaluation {
  const n = labels.length;
  const width = features.length / n;
  const biases = classes * width;
  const gradient = new Float64Array(at.length);
  let value = 0;
  for (let i = 0; i < n; i++) {
    const row = features.subarray(i * width, (i + 1) * width);
    const scores = scoresOf(at, row, classes);
    const max = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - max), 0);
    value += (max + Math.log(total) - scores[labels[i]]) / n;
    for (let c = 0; c < classes; c++) {
      const error = (Math.exp(scores[c] - max) / total - (c === labels[i] ? 1 : 0)) / n;
      for (let e = 0, w = c * width; e < width; e++, w++) gradient[w] += error * row[e];
      gradient[biases + c] += error;
    }
  }
  for (let w = 0; w < biases; w++) {
    value += 0.5 * penalty * at[w] ** 2;
    gradient[w] += penalty * at[w];
  }
  return { value, gradient };
}

function scoresOf(at: Parameters, row: Float32Array, classes: number): number[] {
  const width = row.length;
  return Array.from({ length: classes }, (_, c) => {
    let score = at[classes * width + c];
    for (let e = 0, w = c * width; e < width; e++, w++) score += at[w] * row[e];
    return score;
  });
}

function accuracyOf(at: Parameters, { features, labels }: LabelledFeatures, classes: number): number {
  const width = features.length / labels.length;
  const right = labels.filter((label, i) => {
    const scores = scoresOf(at, features.subarray(i * width, (i + 1) * width), classes);
    return scores.indexOf(Math.max(...scores)) === label;
  });
  return right.length / labels.length;
}

/** A fit for one strength of the penalty. */
interface Fit {
  readonly parameters: Parameters;
  readonly accuracy: number;
}

/**
 * Chooses λ by accuracy on the validation images as CLIP's authors do (appendix A.3): from 10⁶, 10⁴ … 10⁻⁶, then halving the interval around
 * the best one until there are 8 steps a decade. A tie goes to the stronger penalty.
 */
export async function searchStrength(
  fit: (strength: number) => Promise<Fit>,
): Promise<Fit & { readonly strength: number }> {
  const tried: Tried[] = [];
  const tryAll = async (exponents: readonly number[]): Promise<Tried> => {
    for (const exponent of exponents) tried.push({ exponent, ...(await fit(10 ** exponent)) });
    return tried.reduce((best, each) => (isBetter(each, best) ? each : best));
  };
  let best = await tryAll([6, 4, 2, 0, -2, -4, -6]);
  for (let interval = 1; interval >= 1 / 8; interval /= 2) {
    const neighbours = [best.exponent + interval, best.exponent - interval];
    best = await tryAll(neighbours.filter((exponent) => Math.abs(exponent) <= 6));
  }
  const { exponent, ...rest } = best;
  return { ...rest, strength: 10 ** exponent };
}

/** A fit with log₁₀ λ. */
type Tried = Fit & { readonly exponent: number };

const isBetter = (a: Tried, b: Tried): boolean =>
  a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.exponent > b.exponent);

const tensorsOf = (at: Parameters, classes: number, width: number): { weight: TensorData; bias: TensorData } => ({
  weight: { shape: [classes, width], data: Float32Array.from(at.subarray(0, classes * width)) },
  bias: { shape: [classes], data: Float32Array.from(at.subarray(classes * width)) },
});
