/** Minimisation of a smooth function by L-BFGS (Nocedal and Wright 2006, Algorithms 7.4 and 7.5). */

/** A function's value at a point, and its gradient there. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** When to stop. */
export interface LbfgsOptions {
  /** largest absolute value of the gradient at which the search ends */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** Pairs of steps and gradient changes that approximate the Hessian; SciPy's default. */
const history = 10;
/** Share of the decrease that the gradient predicts which a step has to reach (Armijo's condition). */
const sufficientDecrease = 1e-4;
/** Relative rounding of a value; near the minimum, changes of the value are below it. */
const rounding = 1e-14;
const maxHalvings = 40;

/** The pair of a step s and the change y of the gradient over it. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly sy: number;
}

/** Returns a point where the gradient of a convex function is within the tolerance, or the best one after `maxIterations`. */
export function minimise(
  evaluate: (point: Float64Array) => Evaluation,
  from: Float64Array,
  { tolerance, maxIterations }: LbfgsOptions,
): Float64Array {
  let point = from;
  let now = evaluate(point);
  let pairs: readonly Pair[] = [];
  for (let i = 0; i < maxIterations && now.gradient.some((g) => Math.abs(g) > tolerance); i++) {
    const direction = descent(now.gradient, pairs);
    // The first step has no curvature to go by; its length is at most 1.
    const first = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(now.gradient, now.gradient))) : 1;
    const next = lineSearch(evaluate, point, now, direction, first);
    if (next === undefined) {
      // At the limit of double precision no step improves; a stale Hessian is dropped first.
      if (pairs.length === 0) break;
      pairs = [];
      continue;
    }
    const s = next.point.map((value, j) => value - point[j]);
    const y = next.gradient.map((value, j) => value - now.gradient[j]);
    const sy = dot(s, y);
    // The Hessian stays positive definite only with pairs of positive curvature.
    if (sy > 1e-10 * dot(y, y)) pairs = [...pairs.slice(-(history - 1)), { s, y, sy }];
    point = next.point;
    now = next;
  }
  return point;
}

/** −H·gradient by the two-loop recursion. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas = pairs.toReversed().map(({ s, y, sy }) => {
    const alpha = dot(s, q) / sy;
    for (let i = 0; i < q.length; i++) q[i] -= alpha * y[i];
    return alpha;
  });
  const last = pairs.at(-1);
  if (last !== undefined) {
    const gamma = last.sy / dot(last.y, last.y);
    for (let i = 0; i < q.length; i++) q[i] *= gamma;
  }
  for (const [place, { s, y, sy }] of pairs.entries()) {
    const beta = dot(y, q) / sy;
    const alpha = alphas[pairs.length - 1 - place];
    for (let i = 0; i < q.length; i++) q[i] += (alpha - beta) * s[i];
  }
  return q;
}

/**
 * Halves the step until the value decreases sufficiently, or, where rounding hides a decrease, until the slope says that it does (Hager and
 * Zhang 2005, Eq. 4.1). `undefined` if it never does.
 */
function lineSearch(
  evaluate: (point: Float64Array) => Evaluation,
  point: Float64Array,
  { value, gradient }: Evaluation,
  direction: Float64Array,
  first: number,
): (Evaluation & { readonly point: Float64Array }) | undefined {
  const slope = dot(gradient, direction);
  for (let step = first, halvings = 0; halvings < maxHalvings; step /= 2, halvings++) {
    const reached = point.map((from, i) => from + step * direction[i]);
    const found = evaluate(reached);
    const isLess = found.value <= value + sufficientDecrease * step * slope;
    const isFlat = found.value <= value + rounding * Math.abs(value);
    if (isLess || (isFlat && dot(found.gradient, direction) <= (2 * sufficientDecrease - 1) * slope)) {
      return { ...found, point: reached };
    }
  }
  return undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
