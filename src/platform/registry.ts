/** Registries of built-in items and items added by plugins. */
import { MpaError } from "./errors.ts";

/** An ordered collection of items of one kind in this process. */
export class Contributions<T> {
  #items: readonly T[];

  constructor(items: readonly T[] = []) {
    this.#items = items;
  }

  get all(): readonly T[] {
    return this.#items;
  }

  /** Adds an item, and returns a function that removes it. */
  add(item: T): () => void {
    this.#items = [...this.#items, item];
    return () => {
      const at = this.#items.lastIndexOf(item);
      if (at >= 0) this.#items = this.#items.toSpliced(at, 1);
    };
  }
}

/** Contributions that are selected by name. */
export class Registry<T extends { readonly name: string }> extends Contributions<T> {
  readonly #what: string;
  readonly #pattern: RegExp;

  /** `what` is the kind of item in messages, such as "data set"; every name must match `pattern`. */
  constructor(what: string, pattern: RegExp, items: readonly T[]) {
    super(items);
    this.#what = what;
    this.#pattern = pattern;
  }

  get names(): readonly string[] {
    return this.all.map(({ name }) => name);
  }

  find(name: string): T | undefined {
    return this.all.find((item) => item.name === name);
  }

  /** The item of this name. Throws USAGE, with the known names, if there is none. */
  get(name: string): T {
    const item = this.find(name);
    if (item !== undefined) return item;
    throw new MpaError("USAGE", `unknown ${this.#what} "${name}"`, { fix: `choose one of ${this.names.join(", ")}` });
  }

  /** Throws PLUGIN if the name is taken or does not match the pattern. */
  check({ name }: T): void {
    if (!this.#pattern.test(name)) {
      throw new MpaError("PLUGIN", `the ${this.#what} "${name}" has no good name`, {
        fix: `choose a name that matches ${this.#pattern}`,
      });
    }
    if (this.find(name) !== undefined) {
      throw new MpaError("PLUGIN", `there is a ${this.#what} ${name} already`, { fix: "give it another name" });
    }
  }

  /** Adds an item, and returns a function that removes it. Throws PLUGIN; see `check`. */
  override add(item: T): () => void {
    this.check(item);
    return super.add(item);
  }
}

/** The keys of a constant table, in order of definition. */
export function namesOf<Table extends object>(table: Table): readonly (keyof Table & string)[] {
  const isName = (key: string): key is keyof Table & string => Object.hasOwn(table, key);
  return Object.keys(table).filter(isName);
}

/** A plugin that is active in this process, as written to records. */
export interface ActivePlugin {
  readonly name: string;
  /** file name */
  readonly file?: string;
  readonly path?: string;
  /** hash of the file */
  readonly sha256?: string;
  /** whether training depends on it, because it adds data sets, samplers, loss terms, optimisers, schedules or architectures */
  readonly shapesTraining: boolean;
  /** names of the baselines that it adds */
  readonly baselines?: readonly string[];
}

/** The active plugins in the order of activation. */
export const activePlugins = new Contributions<ActivePlugin>();
