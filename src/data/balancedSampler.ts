import { Random } from "../random.ts";
import { classDecks } from "./classDecks.ts";
import type { Sampler } from "./sampler.ts";

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
