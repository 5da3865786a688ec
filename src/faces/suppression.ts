/** One face a person: of detections that cover each other the surest stays. */
import type { DetectedFace, FaceBox } from "./detectedFace.ts";

/** Two boxes whose intersection is more than this share of their union show one face. */
const mostUnion = 0.4;
/** So do two where one lies inside the other but for the rest: a part of a face, seen at another scale. */
const mostInside = 0.8;

/** The faces that no surer one covers, the surest first; equals keep their order. */
export function suppressCovered(faces: readonly DetectedFace[]): DetectedFace[] {
  const kept: DetectedFace[] = [];
  for (const face of faces.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some(({ box }) => showSameFace(box, face.box))) kept.push(face);
  }
  return kept;
}

function showSameFace(a: FaceBox, b: FaceBox): boolean {
  const shared = overlapLength(a[0], a[2], b[0], b[2]) * overlapLength(a[1], a[3], b[1], b[3]);
  const [areaA, areaB] = [a[2] * a[3], b[2] * b[3]];
  return shared > mostUnion * (areaA + areaB - shared) || shared > mostInside * Math.min(areaA, areaB);
}

const overlapLength = (a: number, lengthA: number, b: number, lengthB: number): number =>
  Math.max(0, Math.min(a + lengthA, b + lengthB) - Math.max(a, b));
