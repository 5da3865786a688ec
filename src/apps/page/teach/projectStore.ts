/** The project with its past, so that every step can be taken back, kept in the browser's own database over reloads. */
import { del, get, set } from "idb-keyval";
import { emptyProject, type Project } from "./project.ts";

const key = "mpa-fer project";
/** steps that can be taken back */
const maxPast = 30;

interface Kept {
  readonly current: Project;
  readonly past: readonly Project[];
}

export class ProjectStore extends EventTarget {
  #kept: Kept = { current: emptyProject(), past: [] };
  #writing: Promise<unknown> = Promise.resolve();

  /** What was kept at the last visit. */
  static async open(): Promise<ProjectStore> {
    const store = new ProjectStore();
    store.#kept = (await get<Kept>(key)) ?? store.#kept;
    return store;
  }

  get project(): Project {
    return this.#kept.current;
  }

  get canUndo(): boolean {
    return this.#kept.past.length > 0;
  }

  /** Takes a step that can be taken back. */
  change(to: (project: Project) => Project): void {
    const { current, past } = this.#kept;
    this.#become({ current: to(current), past: [...past, current].slice(-maxPast) });
  }

  undo(): void {
    const { past } = this.#kept;
    const before = past.at(-1);
    if (before !== undefined) this.#become({ current: before, past: past.slice(0, -1) });
  }

  /** Deletes everything, the past and what is in the database as well. */
  forget(): void {
    this.#kept = { current: emptyProject(), past: [] };
    this.#write(() => del(key));
    this.dispatchEvent(new Event("change"));
  }

  /** When the last change is in the database. */
  written(): Promise<unknown> {
    return this.#writing;
  }

  #become(kept: Kept): void {
    this.#kept = kept;
    this.#write(() => set(key, kept));
    this.dispatchEvent(new Event("change"));
  }

  /** One write after another, so that the last one stays. A full or forbidden database is told, and costs nothing else. */
  #write(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write).catch((error) => {
      this.dispatchEvent(new CustomEvent("unkept", { detail: String(error) }));
    });
  }
}
