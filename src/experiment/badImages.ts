/** Images that could not be read: reported, skipped, counted, and an error once they are too many. */
import { MpaError } from "../errors.ts";
import type { BadImage } from "../preprocess/batchLoader.ts";

/** The share of a split that may be unreadable without `--allow-bad`; one image always may. */
const allowedShare = 0.01;

export class BadImages {
  readonly #files = new Map<string, string>();
  readonly #limit: number;
  readonly #split: string;
  readonly #report: (line: string) => void;

  constructor(
    split: { readonly name: string; readonly size: number },
    allowBad: number | undefined,
    report: (line: string) => void,
  ) {
    this.#split = split.name;
    this.#limit = allowBad ?? Math.max(1, Math.floor(split.size * allowedShare));
    this.#report = report;
  }

  /** Throws DATASET when this one is one too many. */
  add({ file, message }: BadImage): void {
    if (this.#files.has(file)) return;
    this.#files.set(file, message);
    this.#report(`skipped: ${message}`);
    if (this.#files.size > this.#limit) {
      const what = `${this.#files.size} images of the ${this.#split} split are unreadable, ${this.#limit} are allowed`;
      throw new MpaError("DATASET", what, `the last: ${message}`, "mend them or raise --allow-bad");
    }
  }

  get images(): readonly BadImage[] {
    return [...this.#files].map(([file, message]) => ({ file, message }));
  }

  get files(): readonly string[] {
    return [...this.#files.keys()].sort();
  }
}
