/** State of the view that teaches: the project, its faces as they are added, and the training. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { proxy } from "comlink";
import { checkFewShotSet } from "../../../method/fewShotSet.ts";
import { messageOf } from "../../../platform/errors.ts";
import type { CameraStream } from "../camera/cameraStream.ts";
import type { Session } from "../model/pageSession.ts";
import type { TeachingProgress } from "../model/worker.ts";
import { frameOf } from "../pictureInputs.ts";
import { emptyProject, newClass, type Project, type TrainedPrompts, withFaces } from "./project.ts";
import { ProjectStore } from "./projectStore.ts";

export const checkpointName = "taught.safetensors";
export const onnxName = "taught.onnx";

/** Progress of a training; empty before its first step. */
export interface Training {
  readonly steps: readonly TeachingProgress[];
}

/** Progress of the search for faces in the pictures that were added. */
interface Search {
  readonly done: number;
  readonly total: number;
  /** pictures without a face */
  readonly without: number;
  readonly failure?: string;
}

const noSearch: Search = { done: 0, total: 0, without: 0 };

export class Teaching {
  readonly session: Session;
  readonly camera: CameraStream;
  readonly #store = signal<ProjectStore | undefined>(undefined);
  readonly #project = signal<Project>(emptyProject());
  readonly #canUndo = signal(false);
  readonly #status = signal("");
  readonly #search = signal(noSearch);
  readonly #isTaught = signal(false);
  /** the checkpoint that the page was last switched to */
  readonly #used = signal<Uint8Array | undefined>(undefined);
  readonly #training = signal<Training | undefined>(undefined);
  readonly #curve = signal<readonly TeachingProgress[]>([]);
  readonly #recording = signal<string | undefined>(undefined);
  readonly #filmed = signal<string | undefined>(undefined);
  // Batches are searched one after another.
  #last: Promise<void> = Promise.resolve();

  constructor(session: Session, camera: CameraStream) {
    this.session = session;
    this.camera = camera;
    session.watch((state) => {
      this.#isTaught.value = state.kind === "ready" && state.description.checkpoint === checkpointName;
    });
  }

  /** Loads the project of the last visit, once. */
  async open(): Promise<void> {
    if (this.#store.value !== undefined) return;
    const store = await ProjectStore.open();
    const update = () => {
      this.#project.value = store.project;
      this.#canUndo.value = store.canUndo;
    };
    store.addEventListener("change", update);
    store.addEventListener("unkept", () => {
      this.#status.value = "This browser does not keep the project: it is gone after a reload.";
    });
    update();
    this.#store.value = store;
  }

  get isOpen(): boolean {
    return this.#store.value !== undefined;
  }

  get project(): Project {
    return this.#project.value;
  }

  get canUndo(): boolean {
    return this.#canUndo.value;
  }

  get status(): string {
    const { done, total } = this.#search.value;
    if (total === 0) return this.#status.value;
    return total === 1 ? "Looking for faces…" : `Looking for faces… ${done} of ${total}`;
  }

  /** Whether pictures are being added: faces are looked for in them, or the camera is recorded. */
  get isGathering(): boolean {
    return this.#search.value.total > 0 || this.#recording.value !== undefined;
  }

  /** Whether the page reads with the prompts of the project. */
  get isInUse(): boolean {
    return (
      this.#isTaught.value && this.#used.value !== undefined && this.#used.value === this.project.prompts?.checkpoint
    );
  }

  /** The training that runs. */
  get training(): Training | undefined {
    return this.#training.value;
  }

  /** Progress of the last training, step by step. */
  get curve(): ReadonlySignal<readonly TeachingProgress[]> {
    return this.#curve;
  }

  /** Class that is recorded from the camera. */
  get recording(): string | undefined {
    return this.#recording.value;
  }

  /** Class that shows the camera; undefined where the preview may. */
  get filmed(): string | undefined {
    return this.#filmed.value;
  }

  /** Opens the camera for the preview. */
  async preview(): Promise<void> {
    this.#filmed.value = undefined;
    await this.camera.open();
  }

  /** Applies a change that can be undone; successive changes of the same part are undone together. */
  change(to: (project: Project) => Project, part?: string): void {
    this.#store.value?.change(to, part);
  }

  undo(): void {
    this.#store.value?.undo();
  }

  forget(): void {
    this.#store.value?.forget();
    this.#curve.value = [];
  }

  addClass(): void {
    this.change((project) => ({ ...project, classes: [...project.classes, newClass()] }));
  }

  /** Adds the faces that are found in pictures; a picture without one is added whole. */
  add(id: string, pictures: readonly Blob[]): Promise<void> {
    const search = this.#search.value;
    this.#search.value = { ...search, total: search.total + pictures.length };
    this.#last = this.#last.then(() => this.#addFaces(id, pictures));
    return this.#last;
  }

  /** Adds frame after frame of the camera to a class until `stopRecording`, at least one; opens the camera first. */
  async record(id: string): Promise<void> {
    this.#recording.value = id;
    this.#filmed.value = id;
    if (await this.camera.open()) {
      do await this.add(id, [await frameOf(this.camera.video)]);
      while (this.#recording.value === id);
    } else {
      this.#status.value = this.camera.error.value ?? "";
      this.stopRecording();
    }
  }

  stopRecording(): void {
    this.#recording.value = undefined;
  }

  /** Trains on the project's faces, and switches the page to what was trained. */
  async train(epochs: number): Promise<void> {
    this.#training.value = { steps: [] };
    this.#curve.value = [];
    this.#status.value = "Preparing the training…";
    try {
      const { worker } = await this.session.browser();
      const fewShotSet = { ...fewShotSetOf(this.project), seed: 1, epochs };
      const trained = await worker.teach(
        fewShotSet,
        proxy((step: TeachingProgress) => this.#show(step)),
      );
      const prompts = { ...trained, setAside: trained.heldOut, classes: fewShotSet.classes };
      this.change((project) => ({ ...project, prompts }));
      await this.use();
      this.#filmed.value = undefined;
      this.#status.value = trained.stopped ? "Stopped; the prompts trained so far are in use." : "Done.";
    } catch (error) {
      this.#status.value = messageOf(error);
    } finally {
      this.#training.value = undefined;
    }
  }

  async stop(): Promise<void> {
    await (await this.session.browser()).worker.stop();
  }

  /** Switches the page to the trained prompts. */
  async use(): Promise<void> {
    const { prompts } = this.project;
    if (prompts === undefined) return;
    await this.session.answerWith(fileOf(prompts));
    this.#used.value = prompts.checkpoint;
  }

  /** The classifier of the prompts as an ONNX file, written in this browser. */
  async exportOnnx(prompts: TrainedPrompts): Promise<Blob> {
    const { worker } = await this.session.browser();
    return await worker.exportOnnx(fileOf(prompts));
  }

  async #addFaces(id: string, pictures: readonly Blob[]): Promise<void> {
    let left = pictures.length;
    try {
      const { worker } = await this.session.browser();
      for (const picture of pictures) {
        const { faces, found } = await worker.cutFaces(picture);
        this.change((project) => withFaces(project, id, faces));
        left--;
        this.#searched({ done: 1, without: found ? 0 : 1 });
      }
    } catch (error) {
      // The rest of the batch is not searched.
      this.#searched({ done: left, failure: messageOf(error) });
    }
  }

  /** Adds to the progress of the search, and reports its outcome at the end. */
  #searched({ done, without = 0, failure }: Pick<Search, "done"> & Partial<Search>): void {
    const before = this.#search.value;
    const after = {
      ...{ total: before.total, done: before.done + done, without: before.without + without },
      ...{ failure: failure ?? before.failure },
    };
    const isOver = after.done === after.total;
    this.#search.value = isOver ? noSearch : after;
    if (isOver) this.#status.value = outcomeOf(after);
  }

  #show(step: TeachingProgress): void {
    this.#curve.value = [...this.#curve.value, step];
    this.#training.value = { steps: this.#curve.value };
    const right = step.accuracy === undefined ? "" : `, validation accuracy ${Math.round(100 * step.accuracy)} %`;
    const epoch = Math.ceil((step.epochs * step.step) / step.steps);
    this.#status.value = `Epoch ${epoch} of ${step.epochs}, loss ${step.loss.toFixed(3)}${right}`;
  }
}

const fileOf = ({ checkpoint }: TrainedPrompts): File => new File([checkpoint], checkpointName);

function outcomeOf({ total, without, failure }: Search): string {
  if (failure !== undefined) return failure;
  return without === 0 ? "" : `No face detected in ${without} of ${total} images; the whole image was used.`;
}

/** Why the project cannot be trained yet; undefined where it can. */
export function reasonNotToTrain({ classes }: Project): string | undefined {
  const faces = classes.flatMap((own, label) => own.faces.map(() => ({ label })));
  const unnamed = classes.findIndex(({ name }) => name.trim() === "");
  if (unnamed >= 0) return `Name class ${unnamed + 1}.`;
  try {
    checkFewShotSet({ classes: classes.map(({ name }) => name.trim()), faces });
  } catch (error) {
    return `${messageOf(error)}.`;
  }
  return undefined;
}

const fewShotSetOf = ({ classes }: Project) => ({
  classes: classes.map(({ name }) => name.trim()),
  faces: classes.flatMap(({ faces }, label) => faces.map(({ picture }) => ({ label, picture }))),
});
