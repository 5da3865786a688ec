/** Expressions over time: faces with the number of their track and with smoothed probabilities. */
import { usualUnsureBelow } from "./answerText.ts";
import type { FacePrediction } from "./recognizer.ts";
import { FaceTracker, type SeenFace, trackMemory } from "./track.ts";

/**
 * A face of a video or camera frame. `probabilities` are smoothed; `label` is the most probable class, or still the one before
 * where that is nearly as probable, `score` is its probability, and `confident` says whether that is high enough.
 */
export interface TrackedFace extends FacePrediction {
  /** number of the face's track, from 1; the same in every frame in which the face was recognized as the same */
  readonly track: number;
  /** probabilities of this frame alone */
  readonly rawProbabilities: Readonly<Record<string, number>>;
}

/** Default time constant in seconds. */
export const usualSmoothing = 0.5;

/** Weight of a new value `gap` seconds after the last one: 1 − exp(−gap / τ), so that the frame rate does not matter. */
export const smoothingWeight = (gap: number, timeConstant: number): number =>
  timeConstant > 0 ? 1 - Math.exp(-gap / timeConstant) : 1;

/** How much less probable the last label may be to stay: two classes that are about even would take turns otherwise. */
const labelMargin = 0.1;

/** Options of `FaceFollower`. */
export interface FollowerOptions {
  /** time constant τ in seconds; 0 leaves probabilities and labels as they are; default `usualSmoothing` */
  readonly smoothing?: number | undefined;
  /** least smoothed probability of a label with `confident: true`; default `usualUnsureBelow` */
  readonly unsureBelow?: number | undefined;
}

/** Follows the faces of successive frames and smooths their probabilities exponentially; it needs no later frame. */
export class FaceFollower {
  readonly #timeConstant: number;
  readonly #unsureBelow: number;
  readonly #tracker = new FaceTracker();
  readonly #states = new Map<number, State>();

  constructor({ smoothing = usualSmoothing, unsureBelow = usualUnsureBelow }: FollowerOptions = {}) {
    this.#timeConstant = smoothing;
    this.#unsureBelow = unsureBelow;
  }

  /**
   * Returns the faces of the frame at `time`, in seconds, in their order. `appearances` are those of the faces, where known.
   * `time` must grow from call to call.
   */
  next(
    time: number,
    faces: readonly FacePrediction[],
    appearances: readonly (Float32Array | undefined)[] = [],
  ): readonly TrackedFace[] {
    const tracks = this.follow(
      time,
      faces.map(({ box }, i) => ({ box, appearance: appearances[i] })),
    );
    return this.smooth(time, faces, tracks);
  }

  /** First half of `next`: the number of each face's track. */
  follow(time: number, faces: readonly SeenFace[]): readonly number[] {
    return this.#tracker.update(time, faces);
  }

  /** Second half of `next`: the faces with these tracks, smoothed. */
  smooth(time: number, faces: readonly FacePrediction[], tracks: readonly number[]): readonly TrackedFace[] {
    // A number that was forgotten is not given again.
    for (const [track, state] of this.#states) if (time - state.time > trackMemory) this.#states.delete(track);
    return faces.map((face, i) => this.#smoothed(time, face, tracks[i]));
  }

  #smoothed(time: number, face: FacePrediction, track: number): TrackedFace {
    const raw = face.probabilities;
    const before = this.#states.get(track);
    const weight = before === undefined ? 1 : smoothingWeight(time - before.time, this.#timeConstant);
    const probabilities = Object.fromEntries(
      Object.entries(raw).map(([name, value]) => {
        const last = before?.probabilities[name] ?? value;
        return [name, last + weight * (value - last)];
      }),
    );
    const margin = this.#timeConstant > 0 ? labelMargin : 0;
    const label = labelOf(probabilities, before?.label, margin);
    this.#states.set(track, { time, probabilities, label });
    const score = probabilities[label];
    const confident = score >= this.#unsureBelow;
    return { ...face, label, score, confident, probabilities, track, rawProbabilities: raw };
  }
}

/** The face as its own frame shows it: raw probabilities, their most probable class, and whether that is at least `unsureBelow`. */
export function unsmoothed(face: TrackedFace, unsureBelow = usualUnsureBelow): TrackedFace {
  const label = labelOf(face.rawProbabilities, undefined, 0);
  const score = face.rawProbabilities[label];
  return { ...face, label, score, confident: score >= unsureBelow, probabilities: face.rawProbabilities };
}

interface State {
  readonly time: number;
  readonly probabilities: Readonly<Record<string, number>>;
  readonly label: string;
}

function labelOf(probabilities: Readonly<Record<string, number>>, before: string | undefined, margin: number): string {
  const [first, ...others] = Object.entries(probabilities);
  const [label, score] = others.reduce((best, next) => (next[1] > best[1] ? next : best), first);
  return before !== undefined && probabilities[before] > score - margin ? before : label;
}
