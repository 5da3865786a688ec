/** An explanation in plain values, as it leaves a worker or a server. */
import type { FaceExplanation } from "../../explanation/explainer.ts";
import type { HeatMap } from "../../explanation/subject.ts";
import type { Explanation, Map2D } from "./engine.ts";

/** `face` shows what the tower saw, as a data URL. */
export const plainExplanation = (found: FaceExplanation, face: string): Explanation => ({
  face,
  similarity: plain(found.similarity[found.target]),
  patches: [...found.patches[found.target].indices],
  saliency: plain(found.saliency),
});

const plain = ({ width, height, data }: HeatMap): Map2D => ({ width, height, data: Array.from(data) });
