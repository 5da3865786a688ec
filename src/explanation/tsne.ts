/** t-SNE (van der Maaten & Hinton 2008) of features, exact, by druid (paper, Figure 4). */
import { TSNE } from "@saehrimnir/druidjs";

export interface TsneOptions {
  readonly seed: number;
  /** how many neighbours count, roughly; below a third of the points */
  readonly perplexity: number;
  readonly steps?: number;
  /** hears of every step; work stops with what it throws */
  readonly onStep?: (step: number) => void;
}

export const tsneSteps = 500;
/** Between these many steps others get their turn, so that Ctrl-C is heard. */
const turn = 5;

export type Place = readonly [x: number, y: number];

/** The largest perplexity for so many points: each needs three times as many others. */
export const largestPerplexity = (points: number): number => Math.max(1, Math.floor((points - 1) / 3));

/**
 * A place in the plane for each feature [E]. Memory and time of a step grow with the square of the points. Equal seeds give equal places
 * on one machine; another one's last bits can lead to another layout.
 */
export async function tsne(features: readonly Float32Array[], options: TsneOptions): Promise<Place[]> {
  const { seed, perplexity, steps = tsneSteps, onStep = () => undefined } = options;
  const points = features.map((feature) => Float64Array.from(feature));
  const reduction = new TSNE(points, { seed, perplexity, d: 2 });
  let places = points;
  let step = 0;
  for (places of reduction.generator(steps)) {
    onStep(++step);
    if (step % turn === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return places.map(([x, y]) => [x, y]);
}
