/** Registries of things that are chosen by name, those of the package and those of plugins; and the plugins of this process. */

import { MpaError } from "./errors.ts";

/** A list of named things, such as data sets, to which plugins may add. */
export class Registry<T extends { readonly name: string }> {
  readonly #what: string;
  readonly #pattern: RegExp;
  readonly #items: T[];

  /** `what` names the things in messages: "data set"; every name has to fit `pattern`. */
  constructor(what: string, pattern: RegExp, items: readonly T[]) {
    this.#what = what;
    this.#pattern = pattern;
    this.#items = [...items];
  }

  get all(): readonly T[] {
    return this.#items;
  }

  get names(): readonly string[] {
    return this.#items.map(({ name }) => name);
  }

  find(name: string): T | undefined {
    return this.#items.find((item) => item.name === name);
  }

  /** The thing of this name. Throws USAGE, and lists the known names. */
  get(name: string): T {
    const item = this.find(name);
    if (item !== undefined) return item;
    throw new MpaError("USAGE", `unknown ${this.#what} "${name}"`, { fix: `choose one of ${this.names.join(", ")}` });
  }

  /** Throws PLUGIN where the name is taken or does not fit the pattern. */
  check({ name }: T): void {
    if (!this.#pattern.test(name)) {
      throw new MpaError("PLUGIN", `the ${this.#what} "${name}" has no good name`, {
        fix: `it has to fit ${this.#pattern}`,
      });
    }
    if (this.find(name) !== undefined) {
      throw new MpaError("PLUGIN", `there is a ${this.#what} ${name} already`, { fix: "give it another name" });
    }
  }

  /** Adds a thing. Throws PLUGIN as `check` does. */
  add(item: T): void {
    this.check(item);
    this.#items.push(item);
  }
}

/** A plugin that was added in this process, for records. */
export interface ActivePlugin {
  readonly name: string;
  /** the file that it came from */
  readonly file?: string;
  /** hash of that file */
  readonly sha256?: string;
  /** whether trainings depend on it: it has data sets, samplers, loss terms or architectures */
  readonly shapesTraining: boolean;
}

const active: ActivePlugin[] = [];

export const recordPlugin = (plugin: ActivePlugin): void => {
  active.push(plugin);
};

export const activePlugins = (): readonly ActivePlugin[] => active;
