/** Things that are chosen by name: those of the package, in a list beside them, and those that a plugin adds. */
import { MpaError } from "./errors.ts";

export class Registry<T extends { readonly name: string }> {
  readonly #what: string;
  readonly #pattern: RegExp;
  readonly #items: T[];

  /** `what` stands in messages: "data set"; every name fits `pattern`. */
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

  /** Throws USAGE, and says which there are. */
  get(name: string): T {
    const item = this.find(name);
    if (item !== undefined) return item;
    throw new MpaError("USAGE", `unknown ${this.#what} "${name}"`, { fix: `choose one of ${this.names.join(", ")}` });
  }

  /** Throws PLUGIN where the name is taken or cannot be written as an option's value. */
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

  /** As `check` throws. */
  add(item: T): void {
    this.check(item);
    this.#items.push(item);
  }
}

/** The names of a table whose entries nothing adds to, in its order. */
export function namesOf<Table extends object>(table: Table): readonly (keyof Table & string)[] {
  const isName = (key: string): key is keyof Table & string => Object.hasOwn(table, key);
  return Object.keys(table).filter(isName);
}

/** Which plugins are at work in this process, for the records of what was done with them. */
export interface ActivePlugin {
  readonly name: string;
  /** the file that it came from, and the hash of its bytes */
  readonly file?: string;
  readonly sha256?: string;
  /** whether a training depends on it: it brings data sets, samplers, loss terms or architectures */
  readonly shapesTraining: boolean;
}

const active: ActivePlugin[] = [];

export const recordPlugin = (plugin: ActivePlugin): void => {
  active.push(plugin);
};

export const activePlugins = (): readonly ActivePlugin[] => active;
