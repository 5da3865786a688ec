import { Random } from "../random.ts";
import { classDecks } from "./classDecks.ts";
import type { Sampler } from "./sampler.ts";

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
