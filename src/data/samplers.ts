import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import { Registry } from "../platform/registry.ts";
import { epochOrder } from "./order.ts";

/** The images of each class that has one, in the order of the classes. */
export function classDecks(labels: readonly number[]): Deck[] {
  const byClass = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [i]);
    else members.push(i);
  }
  return [...byClass.keys()].sort((a, b) => a - b).map((label) => new Deck(byClass.get(label) ?? []));
}

/** Draws its members without replacement, and shuffles them anew when all have come. */
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

/** In which order an epoch visits the training images. */
export interface Sampler {
  readonly name: string;
  /** its order is drawn, which `--no-shuffle` forbids */
  readonly isRandom?: boolean;
  /**
   * Indices of samples, as many as there are samples, and a function of the request alone, so that a run can be repeated and
   * resumed. An index may come more than once or not at all.
   */
  order(request: SamplingRequest): readonly number[];
}

/** What an epoch's order may depend on. */
export interface SamplingRequest {
  /** of each sample of the split, in file order */
  readonly labels: readonly number[];
  readonly seed: number;
  /** from 0 */
  readonly epoch: number;
  /** false: file order */
  readonly shuffle: boolean;
}

/**
 * As many draws as there are images, in which every class that has one is equally likely (docs/datasets.md). Within a class
 * each image comes once before any comes again.
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
 * As many draws as there are images, in which a class is as likely as a root of its number of images: between `uniform` and
 * `balanced` (Mahajan et al. 2018, section 2.2; docs/datasets.md). Within a class each image comes once before any comes again.
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
      // The last class takes what rounding may leave over.
      const drawn = bounds.findIndex((bound) => at < bound);
      return classes[drawn === -1 ? classes.length - 1 : drawn].draw(random);
    });
  },
});

/** Each image once an epoch (docs/method.md, A step of training). */
export const uniformSampler: Sampler = {
  name: "uniform",
  order: ({ labels, seed, epoch, shuffle }) => epochOrder({ size: labels.length, seed, epoch, shuffle }),
};

/** Every sampler that `--sampler` knows. A new one is one file and one line here. */
export const samplers = new Registry<Sampler>("sampler", /^[a-z][\w-]*$/, [
  uniformSampler,
  rootSampler("square-root", Math.sqrt),
  rootSampler("cube-root", Math.cbrt),
  balancedSampler,
]);

/** An epoch's order by the sampler of this name. Throws USAGE for an unknown one, PLUGIN where its order is none. */
export function sampledOrder(name: string, request: SamplingRequest): readonly number[] {
  const order = samplers.get(name).order(request);
  const size = request.labels.length;
  const isIndex = (i: number) => Number.isInteger(i) && i >= 0 && i < size;
  if (order.length === size && order.every(isIndex)) return order;
  const what = `the sampler ${name} gave ${order.length} indices for ${size} images, or indices of none`;
  throw new MpaError("PLUGIN", what, { where: `epoch ${request.epoch + 1}`, fix: "correct its order()" });
}
