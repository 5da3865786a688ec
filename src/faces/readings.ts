/** Last readings of the faces of a camera by track, which tell when a face has to be read again. */
import type { FacePrediction } from "./recognizer.ts";
import { trackMemory } from "./track.ts";

/** What the model read of a face. */
type Answer = Pick<FacePrediction, "label" | "score" | "confident" | "probabilities">;

interface Reading {
  readonly answer: Answer;
  /** mean colours of the cells of the face that was read (`cellMeans`) */
  readonly means: Float32Array;
  /** number and time in seconds of its frame */
  readonly frame: number;
  readonly time: number;
}

/** A face is read again after so many frames at the latest: several crops of one expression answer better than one. */
const latest = 5;

/**
 * Change of a cell's mean colour from which on a face has changed, in units of the encoder's input. A face that only moves changes by
 * 0.1 at most, with a camera's noise; to another expression a face changes by 0.5 and more.
 */
const minChange = 0.12;

export class Readings {
  readonly #every: number;
  readonly #readings = new Map<number, Reading>();

  /** A face that changes is read in every n-th frame. */
  constructor(every: number) {
    this.#every = every;
  }

  /** The last answer for a track if it holds for this frame; undefined where the face has to be read. */
  answer(track: number, means: Float32Array, frame: number): Answer | undefined {
    const last = this.#readings.get(track);
    if (last === undefined || frame - last.frame >= Math.max(latest, this.#every)) return undefined;
    return frame - last.frame >= this.#every && hasChanged(last.means, means) ? undefined : last.answer;
  }

  /** Remembers a reading, and forgets those of tracks that are forgotten. */
  add(track: number, reading: Reading): void {
    this.#readings.set(track, reading);
    for (const [each, { time }] of this.#readings) if (reading.time - time > trackMemory) this.#readings.delete(each);
  }
}

const hasChanged = (before: Float32Array, now: Float32Array): boolean =>
  before.some((value, i) => Math.abs(value - now[i]) > minChange);
