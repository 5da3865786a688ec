/** Faces of a camera: found every few frames, followed in between, with smoothed probabilities. */
import type { RgbImage } from "../pictures/image.ts";
import { appearanceOf } from "./appearance.ts";
import type { FaceBox, Landmarks, Point } from "./face.ts";
import { findPatch, GreyLevels, type Patch, takePatch } from "./patch.ts";
import type { FacePrediction, PredictOptions, PreparedPicture } from "./recognizer.ts";
import { FaceFollower, type FollowerOptions, type TrackedFace } from "./smooth.ts";

/** The part of a `Recognizer` that reads frames. */
export interface FrameRecognizer {
  readonly unsureBelow: number;
  prepare(frame: RgbImage, options?: PredictOptions): Promise<PreparedPicture>;
  classify(pictures: readonly PreparedPicture[]): Promise<readonly (readonly FacePrediction[])[]>;
}

/** Options of `LiveFaces`. */
export interface LiveOptions extends Pick<FollowerOptions, "smoothing"> {
  /** the detector looks at every n-th frame; default 5 */
  readonly detectEvery?: number;
}

/** Amounts of work and the time that it took. */
export interface LiveWork {
  readonly frames: number;
  /** frames in which the detector looked */
  readonly detections: number;
  /** faces that the model read */
  readonly reads: number;
  readonly detectionSeconds: number;
  readonly followingSeconds: number;
  readonly readingSeconds: number;
}

/** Reads the frames of one camera, one after another. */
export class LiveFaces {
  readonly #recognizer: FrameRecognizer;
  readonly #detectEvery: number;
  readonly #follower: FaceFollower;
  #faces: readonly FollowedFace[] = [];
  #sinceDetection = 0;
  #work: LiveWork = { frames: 0, detections: 0, reads: 0, detectionSeconds: 0, followingSeconds: 0, readingSeconds: 0 };

  constructor(recognizer: FrameRecognizer, { detectEvery = 5, smoothing }: LiveOptions = {}) {
    this.#recognizer = recognizer;
    this.#detectEvery = detectEvery;
    this.#follower = new FaceFollower({ smoothing, unsureBelow: recognizer.unsureBelow });
  }

  /** What was done so far. */
  get work(): LiveWork {
    return this.#work;
  }

  /** Returns the faces of the frame at `time`, in seconds, which grows from call to call. Wait for one frame before the next. */
  async read(frame: RgbImage, time: number): Promise<readonly TrackedFace[]> {
    const start = performance.now();
    const followed = await this.#followed(frame);
    const afterFollowing = performance.now();
    const prepared = followed ?? (await this.#detected(frame));
    const afterDetection = performance.now();
    const [faces] = await this.#recognizer.classify([prepared]);
    const { frames, detections, reads, detectionSeconds, followingSeconds, readingSeconds } = this.#work;
    this.#work = {
      frames: frames + 1,
      detections: detections + (followed === undefined ? 1 : 0),
      reads: reads + faces.length,
      followingSeconds: followingSeconds + (afterFollowing - start) / 1000,
      detectionSeconds: detectionSeconds + (afterDetection - afterFollowing) / 1000,
      readingSeconds: readingSeconds + (performance.now() - afterDetection) / 1000,
    };
    return this.#follower.next(
      time,
      faces,
      prepared.faces.map(({ pixels }) => appearanceOf(pixels)),
    );
  }

  async #detected(frame: RgbImage): Promise<PreparedPicture> {
    const prepared = await this.#recognizer.prepare(frame);
    const levels = new GreyLevels(frame);
    this.#sinceDetection = 0;
    this.#faces = prepared.faces.map(({ box, detection, landmarks }) => ({
      ...{ box, detection, landmarks, shift: [0, 0] },
      patch: takePatch(levels, box),
    }));
    return prepared;
  }

  /** The faces where they have moved to; undefined where it is time to detect, or one of them was lost. */
  async #followed(frame: RgbImage): Promise<PreparedPicture | undefined> {
    if (this.#faces.length === 0 || ++this.#sinceDetection >= this.#detectEvery) return undefined;
    const levels = new GreyLevels(frame);
    const faces: FollowedFace[] = [];
    const prepared: PreparedPicture["faces"][number][] = [];
    for (const face of this.#faces) {
      const moved = movedTo(levels, face);
      if (moved === undefined) return undefined;
      const { box, landmarks } = placeOf(moved);
      const picture = await this.#recognizer.prepare(frame, { landmarks });
      faces.push(moved);
      prepared.push(...picture.faces.map((each) => ({ ...each, box, landmarks, ...detectionOf(face) })));
    }
    this.#faces = faces;
    return { width: frame.width, height: frame.height, faces: prepared };
  }
}

/** A face where the detector found it, and how far it has moved since. */
interface FollowedFace {
  readonly box: FaceBox;
  readonly detection?: number | undefined;
  readonly landmarks?: Landmarks | undefined;
  readonly patch: Patch | undefined;
  /** pixels */
  readonly shift: Point;
}

/** Least correlation with which a face counts as found again. */
const minCorrelation = 0.8;

function movedTo(
  levels: GreyLevels,
  face: FollowedFace,
): (FollowedFace & { readonly landmarks: Landmarks }) | undefined {
  const { patch, landmarks } = face;
  if (patch === undefined || landmarks === undefined) return undefined;
  const { shift, score } = findPatch(levels, patch, face.shift);
  return score < minCorrelation ? undefined : { ...face, landmarks, shift };
}

function placeOf({ box, landmarks, shift: [dx, dy] }: FollowedFace & { readonly landmarks: Landmarks }) {
  const to = ([x, y]: Point): Point => [x + dx, y + dy];
  const [a, b, c, d, e] = landmarks;
  const moved: Landmarks = [to(a), to(b), to(c), to(d), to(e)];
  const place: FaceBox = [box[0] + dx, box[1] + dy, box[2], box[3]];
  return { box: place, landmarks: moved };
}

const detectionOf = ({ detection }: FollowedFace) => (detection === undefined ? {} : { detection });
