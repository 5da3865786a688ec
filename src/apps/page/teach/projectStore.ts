/** Store of the project with an undo history, persisted in IndexedDB. */
import { del, get, set } from "idb-keyval";
import { emptyProject, type Project } from "./project.ts";

const key = "mpa-fer project";
/** Maximum length of the undo history. */
const maxPast = 30;

interface Stored {
  readonly current: Project;
  readonly past: readonly Project[];
}

export class ProjectStore extends EventTarget {
  #stored: Stored = { current: emptyProject(), past: [] };
  /** part of the last change */
  #part: string | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  /** Loads the project of the last visit. */
  static async open(): Promise<ProjectStore> {
    const store = new ProjectStore();
    store.#stored = (await get<Stored>(key)) ?? store.#stored;
    return store;
  }

  get project(): Project {
    return this.#stored.current;
  }

  get canUndo(): boolean {
    return this.#stored.past.length > 0;
  }

  /** Applies a change that can be undone; successive changes of the same `part`, such as letters of a name, are undone together. */
  change(to: (project: Project) => Project, part?: string): void {
    const { current, past } = this.#stored;
    const isJoined = part !== undefined && part === this.#part;
    this.#part = part;
    this.#become({ current: to(current), past: isJoined ? past : [...past, current].slice(-maxPast) });
  }

  undo(): void {
    this.#part = undefined;
    const { past } = this.#stored;
    const before = past.at(-1);
    if (before !== undefined) this.#become({ current: before, past: past.slice(0, -1) });
  }

  /** Deletes the project, its history and the copy in IndexedDB. */
  forget(): void {
    this.#stored = { current: emptyProject(), past: [] };
    this.#write(() => del(key));
    this.dispatchEvent(new Event("change"));
  }

  /** Resolves when the last change is stored. */
  written(): Promise<unknown> {
    return this.#writing;
  }

  #become(stored: Stored): void {
    this.#stored = stored;
    this.#write(() => set(key, stored));
    this.dispatchEvent(new Event("change"));
  }

  /** Writes in order, so that the last change wins. An error of the database is reported, and the project stays in memory. */
  #write(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(write).catch((error) => {
      this.dispatchEvent(new CustomEvent("unkept", { detail: String(error) }));
    });
  }
}
