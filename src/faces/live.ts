/** Faces of a camera: found every few frames, followed in between, read where they change, with smoothed probabilities. */
import type { RgbImage } from "../pictures/image.ts";
import { cellMeans, direction } from "./appearance.ts";
import { type FollowedFace, followable, moved, placeOf } from "./followed.ts";
import { Readings } from "./readings.ts";
import type { FacePrediction, PredictOptions, PreparedPicture } from "./recognizer.ts";
import { FaceFollower, type FollowerOptions, type TrackedFace } from "./smooth.ts";

/** The part of a `Recognizer` that reads frames. */
export interface FrameRecognizer {
  /** @internal */
  readonly unsureBelow: number;
  /** @internal */
  prepareDecoded(frame: RgbImage, options?: PredictOptions): Promise<PreparedPicture>;
  classify(pictures: readonly PreparedPicture[]): Promise<readonly (readonly FacePrediction[])[]>;
}

/** Options of `LiveFaces`. */
export interface LiveOptions extends Pick<FollowerOptions, "smoothing"> {
  /** the detector looks at every n-th frame; default 5 */
  readonly detectEvery?: number;
  /** a face that changes is read in every n-th frame, and any face in every fifth; default 2; 1 reads a changing face in every frame */
  readonly readEvery?: number;
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

/** Smallest face that is looked for, as a share of the frame's height: smaller ones are not of who sits before a camera. */
const smallestShare = 0.1;

/** Reads the frames of one camera, one after another. */
export class LiveFaces {
  readonly #recognizer: FrameRecognizer;
  readonly #detectEvery: number;
  readonly #follower: FaceFollower;
  readonly #readings: Readings;
  #faces: readonly FollowedFace[] | undefined;
  #sinceDetection = 0;
  #work: LiveWork = { frames: 0, detections: 0, reads: 0, detectionSeconds: 0, followingSeconds: 0, readingSeconds: 0 };

  constructor(recognizer: FrameRecognizer, { detectEvery = 5, readEvery = 2, smoothing }: LiveOptions = {}) {
    this.#recognizer = recognizer;
    this.#detectEvery = detectEvery;
    this.#readings = new Readings(readEvery);
    this.#follower = new FaceFollower({ smoothing, unsureBelow: recognizer.unsureBelow });
  }

  /** What was done so far. */
  get work(): LiveWork {
    return this.#work;
  }

  /**
   * Returns the faces of the frame at `time`, in seconds, which grows from call to call. Wait for one frame before the next. Raw
   * probabilities of a face that did not change are those of its last reading.
   */
  async read(frame: RgbImage, time: number): Promise<readonly TrackedFace[]> {
    const start = performance.now();
    const followed = await this.#followed(frame);
    const afterFollowing = performance.now();
    const prepared = followed ?? (await this.#detected(frame));
    const afterDetection = performance.now();
    const { predictions, tracks, reads } = await this.#answered(prepared, time);
    const { frames, detections, reads: readsBefore, ...seconds } = this.#work;
    this.#work = {
      frames: frames + 1,
      detections: detections + (followed === undefined ? 1 : 0),
      reads: readsBefore + reads,
      followingSeconds: seconds.followingSeconds + (afterFollowing - start) / 1000,
      detectionSeconds: seconds.detectionSeconds + (afterDetection - afterFollowing) / 1000,
      readingSeconds: seconds.readingSeconds + (performance.now() - afterDetection) / 1000,
    };
    return this.#follower.smooth(time, predictions, tracks);
  }

  async #detected(frame: RgbImage): Promise<PreparedPicture> {
    const { height } = frame.original ?? frame;
    // A camera is held upright. Without a face every frame is looked at, so what is looked for in it must be little.
    const options = { smallestFace: smallestShare * height, turned: false };
    const prepared = await this.#recognizer.prepareDecoded(frame, options);
    this.#sinceDetection = 0;
    this.#faces = followable(frame, prepared);
    return prepared;
  }

  /** The faces where they have moved to; undefined where it is time to detect, or one of them was lost. */
  async #followed(frame: RgbImage): Promise<PreparedPicture | undefined> {
    if (this.#faces === undefined || ++this.#sinceDetection >= this.#detectEvery) return undefined;
    this.#faces = moved(frame, this.#faces);
    if (this.#faces === undefined) return undefined;
    const faces: PreparedPicture["faces"][number][] = [];
    for (const { detection, ...face } of this.#faces.map((each) => ({ ...each, ...placeOf(each) }))) {
      const { box, landmarks } = face;
      const [found] = (await this.#recognizer.prepareDecoded(frame, { landmarks })).faces;
      faces.push({ ...found, box, landmarks, ...(detection !== undefined && { detection }) });
    }
    const { width, height } = frame.original ?? frame;
    return { width, height, faces };
  }

  /** The answers for the faces: new ones for those that have to be read, else the last. */
  async #answered({ faces, ...size }: PreparedPicture, time: number) {
    const means = faces.map(({ pixels }) => cellMeans(pixels));
    const seen = faces.map(({ box }, i) => ({ box, appearance: direction(means[i]) }));
    const tracks = this.#follower.follow(time, seen);
    const { frames: frame } = this.#work;
    const known = tracks.map((track, i) => this.#readings.answer(track, means[i], frame));
    const due = faces.filter((_, i) => known[i] === undefined);
    const [read] = due.length > 0 ? await this.#recognizer.classify([{ ...size, faces: due }]) : [[]];
    const predictions = faces.map(({ pixels: _pixels, otherCrops: _others, ...face }, i): FacePrediction => {
      const last = known[i];
      if (last !== undefined) return { ...face, ...last };
      const { label, score, confident, probabilities } = read[due.indexOf(faces[i])];
      const answer = { label, score, confident, probabilities };
      this.#readings.add(tracks[i], { answer, means: means[i], frame, time });
      return { ...face, ...answer };
    });
    return { predictions, tracks, reads: due.length };
  }
}
