/** Deletion and insertion scores of pixel rankings over many faces, compared with random rankings. */
import { bootstrapIntervals, type Interval } from "../../evaluation/intervals.ts";
import { type Ranking, rankingNames, rankings } from "./removal.ts";

/** Areas under the deletion and insertion curves of one face. */
export interface Areas {
  readonly deletion: number;
  readonly insertion: number;
}

/** A mean over faces and its 95 % bootstrap interval. */
export interface Figure {
  readonly mean: number;
  readonly interval: Interval;
}

/** Mean scores of one ranking. */
export interface RankingScore {
  readonly ranking: Ranking;
  readonly faces: number;
  /** lower is better */
  readonly deletion: Figure;
  /** higher is better */
  readonly insertion: Figure;
  /** differences to the random ranking on the same faces */
  readonly beyondChance?: { readonly chance: Ranking; readonly deletion: Figure; readonly insertion: Figure };
}

/** Minimum number of faces for reliable intervals; with fewer the bootstrap underestimates their width. */
const enoughFaces = 30;

export const facesText = (faces: number): string => (faces === 1 ? "one face" : `${faces} faces`);

/** A warning about the intervals if there are too few faces, else an empty string. */
export const fewFacesNote = (faces: number): string =>
  faces < enoughFaces ? `; ${facesText(faces)} ${faces === 1 ? "is" : "are"} too few to lean on the intervals` : "";

/** Scores of the rankings. `areas` has one entry per face for each ranking, with the faces in the same order. */
export function rankingScores(areas: Partial<Record<Ranking, readonly Areas[]>>): RankingScore[] {
  return rankingNames.flatMap((ranking) => {
    const own = areas[ranking];
    if (own === undefined) return [];
    const chance = rankings[ranking];
    const others = chance && areas[chance];
    const figures = (of: keyof Areas) => figure(own.map((each) => each[of]));
    const beyond = (of: keyof Areas, than: readonly Areas[]) => figure(own.map((each, i) => each[of] - than[i][of]));
    return [
      {
        ...{ ranking, faces: own.length, deletion: figures("deletion"), insertion: figures("insertion") },
        ...(chance &&
          others && {
            beyondChance: { chance, deletion: beyond("deletion", others), insertion: beyond("insertion", others) },
          }),
      },
    ];
  });
}

/** A difference and its interval as signed numbers. */
export const signedText = ({ mean, interval: [low, high] }: Figure): string =>
  `${signed(mean)} (${signed(low)} … ${signed(high)})`;

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;

function figure(values: readonly number[]): Figure {
  const mean = (indices: ArrayLike<number>) =>
    Array.from(indices).reduce((sum, i) => sum + values[i], 0) / indices.length;
  const [interval] = bootstrapIntervals(values.length, (indices) => [mean(indices)]);
  return { mean: mean([...values.keys()]), interval };
}
