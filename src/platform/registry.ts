/** Things that are chosen by name: those of the package, in a list beside them, and those that a plugin adds. */
import { MpaError } from "./errors.ts";

/** What there is of one kind in this process, in the order in which it came. */
export class Contributions<T> {
  #items: readonly T[];

  constructor(items: readonly T[] = []) {
    this.#items = items;
  }

  get all(): readonly T[] {
    return this.#items;
  }

  /** Gives the function that takes the item out again. */
  add(item: T): () => void {
    this.#items = [...this.#items, item];
    return () => {
      const at = this.#items.lastIndexOf(item);
      if (at >= 0) this.#items = this.#items.toSpliced(at, 1);
    };
  }
}

/** Contributions that are chosen by name. */
export class Registry<T extends { readonly name: string }> extends Contributions<T> {
  readonly #what: string;
  readonly #pattern: RegExp;

  /** `what` stands in messages: "data set"; every name fits `pattern`. */
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
  override add(item: T): () => void {
    this.check(item);
    return super.add(item);
  }
}

/** The names of a table whose entries nothing adds to, in its order. */
export function namesOf<Table extends object>(table: Table): readonly (keyof Table & string)[] {
  const isName = (key: string): key is keyof Table & string => Object.hasOwn(table, key);
  return Object.keys(table).filter(isName);
}

/** A plugin that is at work in this process, as records tell of it. */
export interface ActivePlugin {
  readonly name: string;
  /** the name of the file that it came from, where that lies, and the hash of its bytes */
  readonly file?: string;
  readonly path?: string;
  readonly sha256?: string;
  /** whether a training depends on it: it brings data sets, samplers, loss terms or architectures */
  readonly shapesTraining: boolean;
}

export const activePlugins = new Contributions<ActivePlugin>();
