import type { Random } from "../random.ts";

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
