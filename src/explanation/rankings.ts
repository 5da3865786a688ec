/** Orders in which pixels are taken away: as maps rank them, and by chance to hold them against. */
import { Random } from "../random.ts";
import type { FaceExplanation } from "./explainer.ts";
import type { HeatMap } from "./subject.ts";

/** Ways to rank pixels, each with the chance that it has to beat. */
export const rankings = {
  gradient: "random pixels",
  SmoothGrad: "random pixels",
  patches: "random patches",
  "random pixels": undefined,
  "random patches": undefined,
} as const;
export type Ranking = keyof typeof rankings;

const isRanking = (name: string): name is Ranking => Object.hasOwn(rankings, name);
/** In the order of `rankings`. */
export const rankingNames: readonly Ranking[] = Object.keys(rankings).filter(isRanking);

/** What `make` gives for each ranking that is there. */
export const eachRanking = <T, U>(
  of: Partial<Record<Ranking, T>>,
  make: (value: T, name: Ranking) => U,
): Partial<Record<Ranking, U>> =>
  Object.fromEntries(
    rankingNames.flatMap((name) => {
      const value = of[name];
      return value === undefined ? [] : [[name, make(value, name)]];
    }),
  );

export interface Tower {
  readonly imageSize: number;
  readonly patchSize: number;
}

/** Pixels of the tower's picture, most important first, for each ranking that the explanation allows. */
export function pixelOrders(
  {
    saliency,
    smoothGrad,
    similarity,
    target,
  }: Pick<FaceExplanation, "saliency" | "smoothGrad" | "similarity" | "target">,
  tower: Tower,
  seed: number,
): Partial<Record<Ranking, Int32Array>> {
  const patches = similarity[target];
  const random = new Random("removal", seed);
  const shuffled: HeatMap = { ...patches, data: Float32Array.from(random.permutation(patches.data.length)) };
  return {
    gradient: byValue(saliency.data),
    ...(smoothGrad && { SmoothGrad: byValue(smoothGrad.data) }),
    patches: byValue(enlarged(patches, tower)),
    "random pixels": Int32Array.from(random.permutation(tower.imageSize ** 2)),
    "random patches": byValue(enlarged(shuffled, tower)),
  };
}

/** Indices by falling value; of equal ones the lower index first. */
export const byValue = (values: Float32Array): Int32Array =>
  Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);

/** Each pixel's patch's value: [S, S]. Pixels beyond the last whole patch come last of all. */
export function enlarged({ height, width, data }: HeatMap, { imageSize, patchSize }: Tower): Float32Array {
  return Float32Array.from({ length: imageSize ** 2 }, (_, i) => {
    const x = Math.floor((i % imageSize) / patchSize);
    const y = Math.floor(i / imageSize / patchSize);
    return x < width && y < height ? data[y * width + x] : Number.NEGATIVE_INFINITY;
  });
}
