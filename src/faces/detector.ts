/** Multi-scale face detection in images of any size, independent of the runtime. */

import type { OpenSession, Session, SessionOptions } from "../graph/runtime/session.ts";
import { type Box, type RgbImage, type Size, scaleToOriginal, viewOf } from "../pictures/image.ts";
import { Pyramid } from "../pictures/pyramid.ts";
import { inOrder } from "../platform/async.ts";
import { Lifetime } from "../platform/lifetime.ts";
import { centerFaceModel, type Look, lookWith } from "./centerFace.ts";
import { closeLooks } from "./closeLook.ts";
import type { DetectedFace } from "./face.ts";
import { fromPart, inFile, mapped } from "./places.ts";
import {
  type Level,
  levelsOf,
  overlap,
  smallerLevels,
  suppressCovered,
  turnedSizes,
  usualSmallestFace,
} from "./tiles.ts";
import { type Turn, turned, turnedBack } from "./turns.ts";

/** Options of a detector: network, runtime and thresholds. */
export interface DetectorOptions {
  /** the content of `models/centerface/model.onnx` */
  readonly model: Uint8Array;
  readonly openSession: OpenSession;
  readonly session?: Pick<SessionOptions, "threads" | "provider" | "poolSize">;
  /** side in image pixels of the smallest face to detect; smaller values take more time; default `usualSmallestFace` */
  readonly smallestFace?: number;
  /** minimum confidence of a detection; default 0.35 */
  readonly minScore?: number;
}

/** Options of `openDetector`, named as on the command line. */
export interface DetectorConfig {
  readonly threads?: number;
  readonly provider?: string;
  /** see `DetectorOptions` */
  readonly smallestFace?: number | undefined;
  /** `minScore` of `DetectorOptions` */
  readonly faceScore?: number | undefined;
}

/** A face detector. Dispose of it when done. */
export interface FaceDetector {
  /**
   * The faces of an upright picture, from top to bottom, in pixels of its `original` where it was decoded smaller. Throws the
   * signal's reason when it aborts, USAGE after `dispose`.
   */
  detect(
    image: RgbImage,
    options?: {
      readonly signal?: AbortSignal;
      /** @internal in place of the detector's own */
      readonly smallestFace?: number;
      /** @internal false leaves out faces that lie on their side or stand on their head; default true */
      readonly turned?: boolean;
    },
  ): Promise<DetectedFace[]>;
  /** Frees what the runtime holds, after what is under way; a second call does nothing. */
  dispose(): Promise<void>;
}

/** The network's input has at most as many pixels as a square of this side; a larger one would only use more memory. */
const side = 768;
/** Score from which on what a level shows is a candidate, to be looked at from close up. */
const candidateScore = 0.06;

/** Creates a detector. The network is loaded on the first call of `detect`, which throws RUNTIME if that fails. */
export function createFaceDetector(options: DetectorOptions): FaceDetector {
  const { model, openSession, session, minScore = 0.35 } = options;
  let network: Promise<Network> | undefined;
  const open = async (): Promise<Network> => {
    const opened = await openSession(centerFaceModel(model), session);
    return { session: opened, look: lookWith(opened) };
  };
  const lifetime = new Lifetime("the detector", async () => (await network?.catch(() => undefined))?.session.dispose());
  const detect: FaceDetector["detect"] = async (image, given = {}) => {
    const { signal, smallestFace = options.smallestFace, turned: looksForTurned = true } = given;
    network ??= open();
    const opened = await network;
    const look: Look = (images, score) => {
      signal?.throwIfAborted();
      return opened.look(images, score);
    };
    const search = { look, atOnce: opened.session.concurrency, pyramid: new Pyramid(image), minScore };
    const smallest = smallestFace === undefined ? usualSmallestFace(image) : smallestFace / scaleToOriginal(image)[0];
    const upright = await findFaces(search, smallest);
    const isDone = !looksForTurned || upright.some(isSurelyUpright);
    const found = isDone ? upright : [...upright, ...(await turnedFaces(search))];
    return suppressCovered(found)
      .map((face) => inFile(image, face))
      .sort((a, b) => a.box[1] - b.box[1] || a.box[0] - b.box[0]);
  };
  return {
    detect: (image, options) => lifetime.use(() => detect(image, options)),
    dispose: () => lifetime.dispose(),
  };
}

interface Network {
  readonly session: Session;
  readonly look: Look;
}

/** A search of one picture. */
interface Search {
  readonly look: Look;
  /** looks that the network takes at the same time */
  readonly atOnce: number;
  readonly pyramid: Pyramid;
  readonly minScore: number;
}

/** Upright faces of any size; overlapping ones are not suppressed. */
async function findFaces(search: Search, smallest: number): Promise<DetectedFace[]> {
  const { image } = search.pyramid;
  const shownBy = async (level: Level, counts: (pixels: number) => boolean) => {
    const candidates = await scan(search, level);
    return confirmed(
      search,
      candidates.filter(({ box }) => counts(Math.max(box[2], box[3]))),
    );
  };
  const [whole, ...finer] = levelsOf(image, side, smallest);
  const found = await shownBy(whole, () => true);
  for (const level of smallerLevels(image, whole, side)) {
    if (found.length > 0) break;
    found.push(...(await shownBy(level, (pixels) => pixels * whole.scale >= minLarge)));
  }
  // What is larger than the overlap may be a part of a face; the level before has seen the whole of it.
  for (const level of finer) found.push(...(await shownBy(level, (pixels) => pixels * level.scale <= overlap)));
  return found;
}

/** Score and lean of the eyes in degrees of faces that show the picture to be upright (`angles` in docs/records/detector.json). */
const [minUprightScore, maxLean] = [0.65, 40];

function isSurelyUpright({ score, landmarks: [leftEye, rightEye] }: DetectedFace): boolean {
  const lean = (Math.atan2(rightEye[1] - leftEye[1], rightEye[0] - leftEye[0]) * 180) / Math.PI;
  return score >= minUprightScore && Math.abs(lean) <= maxLean;
}

/** Pixels of the first level from which on a face may be too large for the network; it sees smaller ones there. */
const minLarge = 160;

/** Candidates at one level, in pixels of the image. */
async function scan({ look, atOnce, pyramid }: Search, level: Level): Promise<DetectedFace[]> {
  const scaled = pyramid.whole(level.size);
  const shownIn = async (tile: Box) => {
    const [faces] = await look([viewOf(scaled, tile)], candidateScore);
    const inLevel = faces.map((face) => mapped(face, ([x, y]) => [x + tile.left, y + tile.top]));
    return inLevel.filter((face) => !isCut(face, tile, level));
  };
  const found: DetectedFace[] = [];
  for await (const faces of inOrder(level.tiles, atOnce, shownIn)) found.push(...faces);
  return found.map(fromPart(all(pyramid.image), level.size));
}

const confirmed = ({ look, pyramid, minScore }: Search, candidates: readonly DetectedFace[], turn?: Turn) =>
  closeLooks(look, pyramid, suppressCovered(candidates), minScore, turn);

/** Score from which on a turned face counts: looking four times shows four times as many false faces. */
const minTurnedScore = 0.5;

/** Faces that lie on their side or stand on their head. */
async function turnedFaces(upright: Search): Promise<DetectedFace[]> {
  const search = { ...upright, minScore: Math.max(upright.minScore, minTurnedScore) };
  const { look, atOnce, pyramid } = search;
  const found: DetectedFace[] = [];
  for (const size of turnedSizes(pyramid.image)) {
    const small = pyramid.whole(size);
    const shownAfter = async (turn: Turn) => {
      const [faces] = await look([turned(small, turn)], candidateScore);
      const candidates = faces.map((face) => fromPart(all(pyramid.image), size)(turnedBack(face, turn, size)));
      return confirmed(search, candidates, turn);
    };
    for await (const faces of inOrder([1, 2, 3] as const, atOnce, shownAfter)) found.push(...faces);
    if (found.length > 0) break;
  }
  return found;
}

const all = ({ width, height }: Size): Box => ({ left: 0, top: 0, width, height });

/** Whether an inner tile edge cuts the face. Such a face is complete in another tile or at the previous level. */
function isCut({ box: [x, y, width, height] }: DetectedFace, tile: Box, { size }: Level): boolean {
  const right = tile.left + tile.width;
  const bottom = tile.top + tile.height;
  return (
    (tile.left > 0 && x <= tile.left) ||
    (tile.top > 0 && y <= tile.top) ||
    (right < size.width && x + width >= right) ||
    (bottom < size.height && y + height >= bottom)
  );
}
