import { Random } from "../random.ts";
import type { Sampler } from "./sampler.ts";

/**
 * As many draws as there are images, in which every class that has one is equally likely (docs/datasets.md). Within a class
 * each image comes once before any comes again.
 */
export const balancedSampler: Sampler = {
  name: "balanced",
  isRandom: true,
  order: ({ labels, seed, epoch }) => classBalancedOrder(labels, seed, epoch),
};

function classBalancedOrder(labels: readonly number[], seed: number, epoch: number): number[] {
  const random = new Random(seed, "balanced-order", epoch);
  const byClass = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [i]);
    else members.push(i);
  }
  const classes = [...byClass.keys()].sort((a, b) => a - b).map((label) => new Deck(byClass.get(label) ?? []));
  return labels.map(() => classes[random.integer(classes.length)].draw(random));
}

/** Draws its members without replacement, and shuffles them anew when all have come. */
class Deck {
  readonly #members: readonly number[];
  #order: number[] = [];
  #next = 0;

  constructor(members: readonly number[]) {
    this.#members = members;
  }

  draw(random: Random): number {
    if (this.#next === this.#order.length) {
      this.#order = random.permutation(this.#members.length);
      this.#next = 0;
    }
    return this.#members[this.#order[this.#next++]];
  }
}
