/** Faces that are followed from frame to frame, by the patch of the picture that they had when the detector found them. */
import { type RgbImage, scaleToOriginal } from "../pictures/image.ts";
import type { FaceBox, Landmarks, Point } from "./face.ts";
import { findPatch, GreyLevels, type Patch, takePatch } from "./patch.ts";
import type { PreparedPicture } from "./recognizer.ts";

/** A face where the detector found it, and how far it has moved since. Places are in pixels of the frame's `original`. */
export interface FollowedFace {
  readonly box: FaceBox;
  readonly landmarks: Landmarks;
  readonly detection?: number | undefined;
  readonly patch: Patch;
  readonly shift: Point;
}

/** The detected faces of a frame, to be followed; undefined where one of them cannot be. */
export function followable(frame: RgbImage, { faces }: PreparedPicture): readonly FollowedFace[] | undefined {
  const levels = new GreyLevels(frame);
  const scale = scaleToOriginal(frame);
  const followed = faces.flatMap(({ box, detection, landmarks }): FollowedFace[] => {
    const patch = takePatch(levels, boxInFrame(box, scale));
    if (patch === undefined || landmarks === undefined) return [];
    return [{ box, landmarks, detection, patch, shift: [0, 0] }];
  });
  return followed.length === faces.length && faces.length > 0 ? followed : undefined;
}

/** Least correlation with which a face counts as found again. */
const minCorrelation = 0.8;

/** The faces where they have moved to in a later frame of the same size; undefined where one of them was lost. */
export function moved(frame: RgbImage, faces: readonly FollowedFace[]): readonly FollowedFace[] | undefined {
  const levels = new GreyLevels(frame);
  const [scaleX, scaleY] = scaleToOriginal(frame);
  const found = faces.flatMap((face): FollowedFace[] => {
    const [x, y] = face.shift;
    const { shift, score } = findPatch(levels, face.patch, [x / scaleX, y / scaleY]);
    return score < minCorrelation ? [] : [{ ...face, shift: [shift[0] * scaleX, shift[1] * scaleY] }];
  });
  return found.length === faces.length ? found : undefined;
}

/** Where a followed face is now. */
export function placeOf({ box: [x, y, width, height], landmarks, shift: [dx, dy] }: FollowedFace) {
  const to = ([u, v]: Point): Point => [u + dx, v + dy];
  const [a, b, c, d, e] = landmarks;
  const points: Landmarks = [to(a), to(b), to(c), to(d), to(e)];
  const box: FaceBox = [x + dx, y + dy, width, height];
  return { box, landmarks: points };
}

const boxInFrame = ([x, y, width, height]: FaceBox, [scaleX, scaleY]: readonly [number, number]): FaceBox => [
  x / scaleX,
  y / scaleY,
  width / scaleX,
  height / scaleY,
];
