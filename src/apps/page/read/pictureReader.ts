/** Pictures of the view: each is read after the one before, and its reading can be explained. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import type { PlainExplanation } from "../../../method/explain/plain.ts";
import { messageOf } from "../../../platform/errors.ts";
import type { Mode, PictureReading } from "../model/engine.ts";
import type { Session } from "../model/pageSession.ts";
import { summary } from "../results/summary.ts";

/** Faces of a picture, and who read them. */
export interface ReadFaces {
  readonly kind: "read";
  readonly faces: readonly FacePrediction[];
  /** class names in the order of the model */
  readonly classes: readonly string[];
  readonly mode: Mode;
  explain(face: number, target: string): Promise<PlainExplanation>;
}

export type Outcome =
  | { readonly kind: "waiting" }
  | { readonly kind: "reading" }
  | { readonly kind: "failed"; readonly message: string }
  | ReadFaces;

/** A picture and what was read in it. */
export interface ReadPicture {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly outcome: ReadonlySignal<Outcome>;
}

/** A picture with what only the reader knows. */
interface Entry extends ReadPicture {
  readonly file: Blob;
  readonly outcome: Signal<Outcome>;
  reading: PictureReading | undefined;
  isForgotten: boolean;
}

export class PictureReader {
  readonly #session: Session;
  readonly #entries = signal<readonly Entry[]>([]);
  readonly #status = signal("");
  /** entries of the last batch, and of those that wait to be read */
  #cached: readonly Entry[] = [];
  // One after another, so that the results appear in order.
  #last: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Pictures, the latest batch first. */
  get pictures(): readonly ReadPicture[] {
    return this.#entries.value;
  }

  /** What happened last, for a status line. */
  get status(): string {
    return this.#status.value;
  }

  /** Adds a batch of pictures, and frees what the engine cached for the batch before. */
  add(files: readonly { readonly name: string; readonly file: Blob }[]): void {
    const earlier = this.#cached;
    const batch = files.map(
      ({ name, file }): Entry => ({
        ...{ id: this.#count++, name, file, url: URL.createObjectURL(file) },
        ...{ outcome: signal<Outcome>({ kind: "waiting" }), reading: undefined, isForgotten: false },
      }),
    );
    this.#cached = [...earlier, ...batch];
    this.#entries.value = [...batch, ...this.#entries.value];
    this.#last = this.#last.then(() => {
      for (const entry of earlier) forget(entry);
      this.#cached = this.#cached.filter((entry) => !earlier.includes(entry));
    });
    for (const entry of batch) this.#last = this.#last.then(() => this.#read(entry));
  }

  /** Reads a picture again with the engine that is active now. */
  readAgain({ id }: ReadPicture): void {
    const entry = this.#entries.value.find((each) => each.id === id);
    if (entry === undefined) return;
    forget(entry);
    entry.isForgotten = false;
    this.#cached = [...this.#cached.filter((each) => each !== entry), entry];
    this.#last = this.#last.then(() => this.#read(entry));
  }

  remove({ id }: ReadPicture): void {
    for (const entry of this.#entries.value) if (entry.id === id) free(entry);
    this.#entries.value = this.#entries.value.filter((entry) => entry.id !== id);
  }

  clear(): void {
    for (const entry of this.#entries.value) free(entry);
    this.#entries.value = [];
    this.#cached = [];
    this.#status.value = "All pictures are removed.";
  }

  async #read(entry: Entry): Promise<void> {
    const { file, name, outcome } = entry;
    outcome.value = { kind: "reading" };
    try {
      const engine = await this.#session.engine();
      const { classes } = await engine.describe();
      const reading = await engine.read(file);
      entry.reading = reading;
      // The picture was removed while it was read.
      if (entry.isForgotten) reading.forget();
      const { faces } = reading;
      outcome.value = {
        ...{ kind: "read", faces, classes, mode: engine.mode },
        explain: (face, target) => reading.explain(face, target),
      };
      this.#status.value = `${name}: ${summary(faces)}`;
    } catch (error) {
      outcome.value = { kind: "failed", message: messageOf(error) };
      this.#status.value = `${name} cannot be read.`;
    }
  }
}

function forget(entry: Entry): void {
  entry.isForgotten = true;
  entry.reading?.forget();
}

function free(entry: Entry): void {
  forget(entry);
  URL.revokeObjectURL(entry.url);
}
