/**
 * Options of a command: a zod schema with its description.
 * Types, command-line flags, keys of configuration files and help are all derived from this one definition. Names are
 * camelCase in code and in `run.json`, kebab-case as flags; a configuration file may use either.
 */
import { z } from "zod";

/**
 * Role of an option; it decides which options two runs are compared by, which are inherited, and which are published.
 * - `result`: changes the bits or the metrics
 * - `place`: a path that is read or written
 * - `machine`: how the same result is computed; it changes bits by rounding at most
 * - `display`: how the result is presented
 */
export type OptionRole = "result" | "place" | "machine" | "display";

export interface OptionInfo {
  /** heading in the help */
  readonly group: string;
  readonly role: OptionRole;
  /** applies to one call only and is not inherited when the work is repeated; a `place` without it is an input */
  readonly perCall?: true;
  /** placeholder for the value in the help (`N`, `FILE`, `a|b`); without it the option is a flag */
  readonly value?: string;
  /** description, with the unit */
  readonly help: string;
  /** source of the default: a section of the paper, a line of docs/method.md, or our own choice */
  readonly source?: string;
  /** default in words, if it depends on another option or on the machine */
  readonly defaultText?: string;
  /** positional on the command line, not after a flag */
  readonly positional?: true;
  /** list: on the command line each use of the flag adds to it */
  readonly repeatable?: true;
}

/** Option as the command line and the help see it. */
export interface Option extends OptionInfo {
  /** camelCase */
  readonly key: string;
  readonly schema: z.core.$ZodType;
  readonly isFlag: boolean;
  readonly isRequired: boolean;
  /** undefined if there is none, or if it depends on another option */
  readonly default: unknown;
}

const infos = z.registry<OptionInfo>();

/** Defines options under one heading: `const data = optionGroup("Data")`, then `data(schema, { help, … })`. */
export function optionGroup(group: string) {
  return <S extends z.ZodType>(schema: S, info: Omit<OptionInfo, "group">): S => {
    infos.add(schema, { ...info, group });
    return schema;
  };
}

/** Options of a command, in order of definition. */
export function optionsOf(schema: z.ZodObject): Option[] {
  return Object.entries(schema.shape).map(([key, field]) => {
    const info = infoOf(key, field);
    const standard = z.safeParse(field, undefined);
    return {
      ...info,
      key,
      schema: field,
      isFlag: info.value === undefined,
      isRequired: !standard.success,
      default: standard.success ? standard.data : undefined,
    };
  });
}

function infoOf(key: string, field: z.core.$ZodType): OptionInfo {
  const info = infos.get(field);
  if (info === undefined) throw new TypeError(`the option ${key} has no help`);
  return info;
}

/** Whether an option names an input: the result depends on the content there, not on the path. */
export const isInput = ({ role, perCall }: OptionInfo): boolean => role === "place" && !perCall;

/** Whether the result depends on an option, by its value or by the input that it names. */
export const decidesResult = (info: OptionInfo): boolean => info.role === "result" || isInput(info);

/** Keys of the options that satisfy the predicate, in order of definition. */
export const optionKeys = (schema: z.ZodObject, passes: (info: OptionInfo) => boolean): ReadonlySet<string> =>
  new Set(Object.entries(schema.shape).flatMap(([key, field]) => (passes(infoOf(key, field)) ? [key] : [])));

/** `batchSize` → `batch-size`. */
export function kebabCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `batch-size` → `batchSize`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Spelling of an option on the command line: `--no-shuffle` for a flag that is on by default. */
export function flagOf(option: Option): string {
  if (option.positional) return option.value ?? option.key;
  const name = kebabCase(option.key);
  return option.isFlag && option.default === true ? `--no-${name}` : `--${name}`;
}

/** Options of a command, and the schema that validates them and returns its configuration. */
export interface CommandSchema<Config> {
  readonly options: z.ZodObject;
  readonly config: z.ZodType<Config>;
}

/** Whole number from `min` on. Like those below, its message follows the option: "--epochs is 0 but must be …". */
export function integer(min: number) {
  const error = `must be a whole number of at least ${min}`;
  return z.int({ error }).min(min, { error });
}

/** Finite number from `low` on; `open` excludes `low` itself. */
export function real(low: number, { open = false, below }: { open?: boolean; below?: number } = {}) {
  const error = `must be a number ${open ? "above" : "of at least"} ${low}${below === undefined ? "" : ` and below ${below}`}`;
  const number = open ? z.number({ error }).gt(low, { error }) : z.number({ error }).min(low, { error });
  return below === undefined ? number : number.lt(below, { error });
}

export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

/** Name in a registry, looked up at validation time because plugins may add to it. */
export function registered(registry: { readonly names: readonly string[] }) {
  const error = () => `must be one of ${registry.names.join(", ")}`;
  return z.string({ error }).refine((value) => registry.names.includes(value), { error });
}

export function text(what: string) {
  const error = `must be ${what}`;
  return z
    .string({ error })
    .min(1, { error })
    .refine((value) => !value.includes("\0"), { error });
}

/** Name and weight of a loss term: `L_entropy=0.1`. */
export function termWeight() {
  return text("a name and a weight").regex(/^L_\w+=(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, {
    error: "must be a name and a weight, such as L_entropy=0.1",
  });
}

/** URL of a server: http or https. */
export function webAddress() {
  const error = "must be an address such as http://127.0.0.1:5000";
  return text("an address").refine((value) => /^https?:/i.test(value) && URL.canParse(value), { error });
}

export function flag() {
  return z.boolean({ error: "must be true or false" });
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const minBytes = 1e6;

/** Size as `4GB` (10⁹), `512MiB` (2²⁰) or a plain number of bytes; at least 1 MB. The output is in bytes. */
export function size() {
  const message = "must be a size of at least 1MB, such as 4GB or 512MB";
  return z.union([z.number(), z.string()], { error: message }).transform((given, context) => {
    const bytes = typeof given === "number" ? given : bytesOf(given);
    if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= minBytes) return bytes;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function bytesOf(given: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(given.trim());
  const unit = parts === null ? undefined : units[parts[2].toLowerCase()];
  return parts === null || unit === undefined ? undefined : Math.floor(Number(parts[1]) * unit);
}
