import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import { Registry } from "../platform/registry.ts";
import { epochOrder } from "./order.ts";

/** Groups the images by class, in the order of the classes, without empty classes. */
export function classDecks(labels: readonly number[]): Deck[] {
  const byClass = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [i]);
    else members.push(i);
  }
  return [...byClass.keys()].sort((a, b) => a - b).map((label) => new Deck(byClass.get(label) ?? []));
}

/** Draws members without replacement; reshuffles them once all have been drawn. */
export class Deck {
  readonly #members: readonly number[];
  #order: number[] = [];
  #next = 0;

  constructor(members: readonly number[]) {
    this.#members = members;
  }

  get size(): number {
    return this.#members.length;
  }

  draw(random: Random): number {
    if (this.#next === this.#order.length) {
      this.#order = random.permutation(this.#members.length);
      this.#next = 0;
    }
    return this.#members[this.#order[this.#next++]];
  }
}

/** Strategy for the order of the training images in an epoch. */
export interface Sampler {
  readonly name: string;
  /** whether its order is random, which `--no-shuffle` forbids */
  readonly isRandom?: boolean;
  /**
   * Returns as many indices as there are samples; an index may occur several times or not at all. It must depend on the
   * request only, so that a run can be repeated and resumed.
   */
  order(request: SamplingRequest): readonly number[];
}

/** Input of a sampler. */
export interface SamplingRequest {
  /** label of each sample of the split, in file order */
  readonly labels: readonly number[];
  readonly seed: number;
  /** counted from 0 */
  readonly epoch: number;
  /** false: file order */
  readonly shuffle: boolean;
}

/**
 * Draws as many images as there are, with equal probability for every non-empty class (docs/datasets.md). Within a class, each
 * image is drawn once before any is repeated.
 */
export const balancedSampler: Sampler = {
  name: "balanced",
  isRandom: true,
  order({ labels, seed, epoch }) {
    const random = new Random(seed, "balanced-order", epoch);
    const classes = classDecks(labels);
    return labels.map(() => classes[random.integer(classes.length)].draw(random));
  },
};

/**
 * Draws as many images as there are, with the probability of a class proportional to a root of its number of images: between
 * `uniform` and `balanced` (Mahajan et al. 2018, section 2.2; docs/datasets.md). Within a class, each image is drawn once before
 * any is repeated.
 */
export const rootSampler = (name: string, root: (images: number) => number): Sampler => ({
  name,
  isRandom: true,
  order({ labels, seed, epoch }) {
    const random = new Random(seed, `${name}-order`, epoch);
    const classes = classDecks(labels);
    const bounds: number[] = [];
    let total = 0;
    for (const { size } of classes) {
      total += root(size);
      bounds.push(total);
    }
    return labels.map(() => {
      const at = random.uniform(0, total);
      // Rounding may leave a remainder, which goes to the last class.
      const drawn = bounds.findIndex((bound) => at < bound);
      return classes[drawn === -1 ? classes.length - 1 : drawn].draw(random);
    });
  },
});

/** Visits each image once per epoch (docs/method.md, A step of training). */
export const uniformSampler: Sampler = {
  name: "uniform",
  order: ({ labels, seed, epoch, shuffle }) => epochOrder({ size: labels.length, seed, epoch, shuffle }),
};

/** Registry of the samplers of `--sampler`. */
export const samplers = new Registry<Sampler>("sampler", /^[a-z][\w-]*$/, [
  uniformSampler,
  rootSampler("square-root", Math.sqrt),
  rootSampler("cube-root", Math.cbrt),
  balancedSampler,
]);

/** Order of an epoch by the named sampler. Throws USAGE for an unknown sampler, PLUGIN if its order is invalid. */
export function sampledOrder(name: string, request: SamplingRequest): readonly number[] {
  const order = samplers.get(name).order(request);
  const size = request.labels.length;
  const isIndex = (i: number) => Number.isInteger(i) && i >= 0 && i < size;
  if (order.length === size && order.every(isIndex)) return order;
  const what = `the sampler ${name} gave ${order.length} indices for ${size} images, or indices of none`;
  throw new MpaError("PLUGIN", what, { where: `epoch ${request.epoch + 1}`, fix: "correct its order()" });
}
