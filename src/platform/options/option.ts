/**
 * An option is a zod schema and what a person needs to know of it. Types, command-line flags, keys of configuration
 * files and help are all read off this one definition. Names are camelCase in code and in `run.json`, kebab-case as
 * flags; a configuration file may use either.
 */
import { z } from "zod";

/**
 * What an option decides; from it follows what two runs compare, what one takes over from another, and what is told of it.
 * - `result`: the bits or the figures
 * - `place`: where things lie that are read or written
 * - `machine`: how the same result is computed; other bits by rounding at most
 * - `display`: how it is told
 */
export type OptionRole = "result" | "place" | "machine" | "display";

export interface OptionInfo {
  /** heading in the help */
  readonly group: string;
  readonly role: OptionRole;
  /** holds for one call only: whoever repeats the work does not take it over. A place without it is an input. */
  readonly perCall?: true;
  /** stands for the value in the help (`N`, `FILE`, `a|b`); without it the option is a flag */
  readonly value?: string;
  /** what it is, with its unit */
  readonly help: string;
  /** where the default comes from: the paper's section, a line of docs/method.md, or our own choice */
  readonly source?: string;
  /** the default in words, where it depends on another option or on the machine */
  readonly defaultText?: string;
  /** given as bare words on the command line, not after a flag */
  readonly positional?: true;
  /** a list: on the command line each time that the flag is given adds to it */
  readonly repeatable?: true;
}

/** One option as the command line and the help see it. */
export interface Option extends OptionInfo {
  /** camelCase */
  readonly key: string;
  readonly schema: z.core.$ZodType;
  readonly isFlag: boolean;
  readonly isRequired: boolean;
  /** undefined where there is none, or where it depends on another option */
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

/** The options of a command, in the order they were written. */
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

/** Whether an option names what is read: the result depends on what lies there, not on where that is. */
export const isInput = ({ role, perCall }: OptionInfo): boolean => role === "place" && !perCall;

/** Whether the result depends on an option, by its value or by what it names. */
export const decidesResult = (info: OptionInfo): boolean => info.role === "result" || isInput(info);

/** The keys of a command's options that pass, in the order they were written. */
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

/** The way to write an option on the command line: `--no-shuffle` for a flag that is on by default. */
export function flagOf(option: Option): string {
  if (option.positional) return option.value ?? option.key;
  const name = kebabCase(option.key);
  return option.isFlag && option.default === true ? `--no-${name}` : `--${name}`;
}

/** What a command takes, and the schema that checks it and gives its configuration. */
export interface CommandSchema<Config> {
  readonly options: z.ZodObject;
  readonly config: z.ZodType<Config>;
}

/* Kinds of values. Each message stands after the option and its value: "--epochs is 0 but must be …". */

export function integer(min: number) {
  const error = `must be a whole number of at least ${min}`;
  return z.int({ error }).min(min, { error });
}

/** A finite number from `low` on; `open` leaves `low` itself out. */
export function real(low: number, { open = false, below }: { open?: boolean; below?: number } = {}) {
  const error = `must be a number ${open ? "above" : "of at least"} ${low}${below === undefined ? "" : ` and below ${below}`}`;
  const number = open ? z.number({ error }).gt(low, { error }) : z.number({ error }).min(low, { error });
  return below === undefined ? number : number.lt(below, { error });
}

export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

/** The name of something that a registry has when it is asked: plugins add to it. */
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

/** A loss term's name and weight: `L_entropy=0.1`. */
export function termWeight() {
  return text("a name and a weight").regex(/^L_\w+=(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, {
    error: "must be a name and a weight, such as L_entropy=0.1",
  });
}

/** An address of a server: http or https. */
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

/** A size: `4GB` (10⁹), `512MiB` (2²⁰) or a plain number of bytes; at least 1 MB. Gives bytes. */
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
