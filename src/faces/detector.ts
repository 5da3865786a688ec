/** Multi-scale face detection in images of any size, independent of the runtime. */

import type { OpenSession, Session, SessionOptions } from "../graph/runtime/session.ts";
import { type Box, crop, type RgbImage, type Size, scaleToOriginal } from "../pictures/image.ts";
import { resize } from "../pictures/resize.ts";
import { Lifetime } from "../platform/lifetime.ts";
import { centerFaceModel, centerFacePixels, decodeCenterFace, step } from "./centerFace.ts";
import type { DetectedFace, Landmarks, Point } from "./face.ts";
import { type Level, levelsOf, overlap, smallerLevels, suppressCovered, usualSmallestFace } from "./tiles.ts";

/** Options of a detector: network, runtime and thresholds. */
export interface DetectorOptions {
  /** the content of `models/centerface/model.onnx` */
  readonly model: Uint8Array;
  readonly openSession: OpenSession;
  readonly session?: Pick<SessionOptions, "threads" | "provider">;
  /** side in image pixels of the smallest face to detect; smaller values take more time; default `usualSmallestFace` */
  readonly smallestFace?: number;
  /** minimum confidence of a detection; default 0.4 */
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
  detect(image: RgbImage, options?: { readonly signal?: AbortSignal }): Promise<DetectedFace[]>;
  /** Frees what the runtime holds, after what is under way; a second call does nothing. */
  dispose(): Promise<void>;
}

/** Maximum side of the network's input in pixels; a larger one would only use more memory. */
const side = 768;

/** Creates a detector. The network is loaded on the first call of `detect`, which throws RUNTIME if that fails. */
export function createFaceDetector(options: DetectorOptions): FaceDetector {
  const { model, openSession, session, smallestFace, minScore = 0.4 } = options;
  let network: Promise<Session> | undefined;
  const lifetime = new Lifetime("the detector", async () => (await network?.catch(() => undefined))?.dispose());
  const detect: FaceDetector["detect"] = async (image, { signal } = {}) => {
    network ??= openSession(centerFaceModel(model), session);
    const opened = await network;
    const lookAt = async (level: Level, largest: number): Promise<DetectedFace[]> => {
      const scaled = resize(image, level.size, "bilinear");
      const found: DetectedFace[] = [];
      for (const tile of level.tiles) {
        signal?.throwIfAborted();
        const faces = (await look(opened, crop(scaled, tile), minScore))
          .filter(({ box }) => Math.max(box[2], box[3]) <= largest)
          .map((face) => moved(face, tile.left, tile.top));
        found.push(...faces.filter((face) => !isCut(face, tile, level)).map((face) => scaledBy(face, image, level)));
      }
      return found;
    };
    const smallest = smallestFace === undefined ? usualSmallestFace(image) : smallestFace / scaleToOriginal(image)[0];
    const [whole, ...finer] = levelsOf(image, side, smallest);
    const found = await lookAt(whole, Number.POSITIVE_INFINITY);
    for (const level of smallerLevels(image, whole, side)) {
      if (found.length > 0) break;
      found.push(...(await lookAt(level, Number.POSITIVE_INFINITY)).filter((face) => isLarge(face, whole)));
    }
    // What is larger than the overlap may be a part of a face; the level before has seen the whole of it.
    for (const level of finer) found.push(...(await lookAt(level, overlap)));
    return suppressCovered(found)
      .map((face) => within(inOriginal(face, image), image.original ?? image))
      .sort((a, b) => a.box[1] - b.box[1] || a.box[0] - b.box[0]);
  };
  return {
    detect: (image, options) => lifetime.use(() => detect(image, options)),
    dispose: () => lifetime.dispose(),
  };
}

/** Pixels of the first level from which on a face may be too large for the network; it sees smaller ones there. */
const minLarge = 160;

const isLarge = ({ box: [, , width, height] }: DetectedFace, { scale }: Level): boolean =>
  Math.max(width, height) * scale >= minLarge;

async function look(network: Session, picture: RgbImage, minScore: number): Promise<DetectedFace[]> {
  const input = { width: padded(picture.width), height: padded(picture.height) };
  const pixels = centerFacePixels(picture, input);
  const results = await network.run({ pixels }, { pixels: [1, 3, input.height, input.width] });
  return decodeCenterFace(results, input, minScore);
}

const padded = (length: number): number => Math.ceil(length / step) * step;

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

const moved = (face: DetectedFace, dx: number, dy: number): DetectedFace => mapped(face, ([x, y]) => [x + dx, y + dy]);

function scaledBy(face: DetectedFace, picture: Size, { size }: Level): DetectedFace {
  const [scaleX, scaleY] = [picture.width / size.width, picture.height / size.height];
  return mapped(face, ([x, y]) => [x * scaleX, y * scaleY]);
}

function inOriginal(face: DetectedFace, image: RgbImage): DetectedFace {
  const [scaleX, scaleY] = scaleToOriginal(image);
  return image.original === undefined ? face : mapped(face, ([x, y]) => [x * scaleX, y * scaleY]);
}

function mapped({ box: [x, y, width, height], score, landmarks }: DetectedFace, to: (point: Point) => Point) {
  const [left, top] = to([x, y]);
  const [right, bottom] = to([x + width, y + height]);
  const [a, b, c, d, e] = landmarks;
  const points: Landmarks = [to(a), to(b), to(c), to(d), to(e)];
  return { box: [left, top, right - left, bottom - top], score, landmarks: points } satisfies DetectedFace;
}

/** Clips the box to the image and rounds to hundredths of a pixel, finer than the network's precision. */
function within(face: DetectedFace, picture: Size): DetectedFace {
  const { box, score, landmarks } = mapped(face, ([x, y]) => [hundredths(x), hundredths(y)]);
  const [left, top] = [Math.max(0, box[0]), Math.max(0, box[1])];
  const right = Math.min(picture.width, box[0] + box[2]);
  const bottom = Math.min(picture.height, box[1] + box[3]);
  const size = [Math.max(0, right - left), Math.max(0, bottom - top)].map(hundredths);
  return { box: [left, top, size[0], size[1]], score, landmarks };
}

const hundredths = (value: number): number => Math.round(100 * value) / 100;
