/** A second look at each candidate from close up, where every face has about the same number of pixels. */
import type { Box } from "../pictures/image.ts";
import type { Pyramid } from "../pictures/pyramid.ts";
import type { Look } from "./centerFace.ts";
import type { DetectedFace, FaceBox } from "./face.ts";
import { fromPart } from "./places.ts";
import { type Turn, turned, turnedBack } from "./turns.ts";

/** Side of the network's input for a second look, in pixels. */
const side = 128;
/** Pixels of the longer side of the candidate's box there. The network needs to see what is around a face, too. */
const faceSide = 72;
/** Looks a run of the network. */
const batch = 8;
/** How far the face may lie from the candidate, in units of the candidate's longer side. */
const maxDistance = 0.35;

/**
 * The face at each candidate with a score of at least `minScore` from close up; a candidate without one is left out. `turn` are the
 * quarter turns after which the face is upright.
 */
export async function closeLooks(
  look: Look,
  pyramid: Pyramid,
  candidates: readonly DetectedFace[],
  minScore: number,
  turn: Turn = 0,
): Promise<DetectedFace[]> {
  const size = { width: side, height: side };
  const faces: DetectedFace[] = [];
  for (let start = 0; start < candidates.length; start += batch) {
    const part = candidates.slice(start, start + batch);
    const regions = part.map(({ box }) => around(box));
    const found = await look(
      regions.map((region) => turned(pyramid.part(region, size), turn)),
      minScore,
    );
    for (const [i, candidate] of part.entries()) {
      const inPicture = found[i].map((face) => fromPart(regions[i], size)(turnedBack(face, turn, size)));
      faces.push(...nearest(candidate, inPicture));
    }
  }
  return faces;
}

/** A square of whole pixels around the box, so that runtimes whose boxes differ in the last digits take the same look. */
function around([x, y, width, height]: FaceBox): Box {
  const length = Math.max(1, Math.round((Math.max(width, height) * side) / faceSide));
  return {
    left: Math.round(x + (width - length) / 2),
    top: Math.round(y + (height - length) / 2),
    width: length,
    height: length,
  };
}

/** The face of highest score among those that can be the candidate's: at its place, and of half to twice its size. */
function nearest({ box }: DetectedFace, faces: readonly DetectedFace[]): DetectedFace[] {
  const length = Math.max(box[2], box[3]);
  const canBe = ({ box: other }: DetectedFace) => {
    const [dx, dy] = [other[0] + other[2] / 2 - box[0] - box[2] / 2, other[1] + other[3] / 2 - box[1] - box[3] / 2];
    const ratio = Math.max(other[2], other[3]) / length;
    return Math.hypot(dx, dy) <= maxDistance * length && ratio > 0.5 && ratio < 2;
  };
  return faces
    .filter(canBe)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, 1);
}
