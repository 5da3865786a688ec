/**
 * Option definitions: a zod schema with documentation, from which types, command-line flags, configuration keys and help are
 * derived. Names are camelCase in code and in `run.json` and kebab-case as flags; a configuration file may use either.
 */
import { z } from "zod";

/**
 * The role of an option, which determines how runs are compared, repeated and reported.
 * - `result`: affects the results
 * - `place`: path of an input or output
 * - `machine`: affects how a result is computed, and at most its rounding
 * - `display`: affects the output only
 */
export type OptionRole = "result" | "place" | "machine" | "display";

/** Documentation of an option. */
export interface OptionInfo {
  /** heading in the help */
  readonly group: string;
  readonly role: OptionRole;
  /** applies to one call only and is not reused when a run is repeated; a `place` without it is an input */
  readonly perCall?: true;
  /** placeholder in the help (`N`, `FILE`, `a|b`); an option without one is a flag */
  readonly value?: string;
  /** description with unit */
  readonly help: string;
  /** source of the default: section of the paper or of docs/method.md, or our choice */
  readonly source?: string;
  /** description of a default that depends on another option or on the machine */
  readonly defaultText?: string;
  /** value that an option stands for if it is absent; records with and without it are equal */
  readonly absent?: string | number;
  /** given as positional arguments on the command line */
  readonly positional?: true;
  /** a list to which each occurrence of the flag adds an element */
  readonly repeatable?: true;
}

/** An option of a command, with its schema and default. */
export interface Option extends OptionInfo {
  /** camelCase */
  readonly key: string;
  readonly schema: z.core.$ZodType;
  readonly isFlag: boolean;
  readonly isRequired: boolean;
  /** undefined if there is none or it depends on another option */
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

/** The options of a command in order of definition. */
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

/** Whether an option is an input path. The result depends on its content, not on its location. */
export const isInput = ({ role, perCall }: OptionInfo): boolean => role === "place" && !perCall;

/** Whether the result depends on an option's value or on the file that it names. */
export const decidesResult = (info: OptionInfo): boolean => info.role === "result" || isInput(info);

/** The keys of a command's options that satisfy a predicate, in order of definition. */
export const optionKeys = (schema: z.ZodObject, passes: (info: OptionInfo) => boolean): ReadonlySet<string> =>
  new Set(Object.entries(schema.shape).flatMap(([key, field]) => (passes(infoOf(key, field)) ? [key] : [])));

/** Converts `batchSize` to `batch-size`. */
export function kebabCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Converts `batch-size` to `batchSize`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The command-line form of an option; `--no-shuffle` for a flag that is on by default. */
export function flagOf(option: Option): string {
  if (option.positional) return option.value ?? option.key;
  const name = kebabCase(option.key);
  return option.isFlag && option.default === true ? `--no-${name}` : `--${name}`;
}

/** Characters of the longest value that is printed beside its option. */
const longestValue = 60;

/** Whether a value, such as a list of choices, is too long to be printed beside its option. */
export const hasLongValue = ({ value = "" }: Pick<Option, "value">): boolean => value.length > longestValue;

/** Value of an option as printed beside it; a long one is replaced by the option's name. */
export const shownValue = (option: Pick<Option, "key" | "value">): string =>
  hasLongValue(option) ? kebabCase(option.key).toUpperCase() : (option.value ?? "");

/** Options of a command, and the schema that validates them into its configuration. */
export interface CommandSchema<Config> {
  readonly options: z.ZodObject;
  readonly config: z.ZodType<Config>;
}

/** A schema of whole numbers from `min`. As in all schemas below, the message completes "--epochs is 0 but …". */
export function integer(min: number) {
  const error = `must be a whole number of at least ${min}`;
  return z.int({ error }).min(min, { error });
}

/** A schema of finite numbers from `low`, exclusive if `open`, and less than `below`. */
export function real(low: number, { open = false, below }: { open?: boolean; below?: number } = {}) {
  const error = `must be a number ${open ? "above" : "of at least"} ${low}${below === undefined ? "" : ` and below ${below}`}`;
  const number = open ? z.number({ error }).gt(low, { error }) : z.number({ error }).min(low, { error });
  return below === undefined ? number : number.lt(below, { error });
}

/** A schema of one of the given strings. */
export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

/** A schema of registered names. They are looked up during validation, because plugins may add names. */
export function registered(registry: { readonly names: readonly string[] }) {
  const error = () => `must be one of ${registry.names.join(", ")}`;
  return z.string({ error }).refine((value) => registry.names.includes(value), { error });
}

/** A schema of nonempty strings without NUL; `what` describes them in the message. */
export function text(what: string) {
  const error = `must be ${what}`;
  return z
    .string({ error })
    .min(1, { error })
    .refine((value) => !value.includes("\0"), { error });
}

/** A schema of loss term weights such as `L_entropy=0.1`. */
export function termWeight() {
  return text("a name and a weight").regex(/^L_\w+=(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, {
    error: "must be a name and a weight, such as L_entropy=0.1",
  });
}

/** A schema of http and https URLs. */
export function webAddress() {
  const error = "must be an address such as http://127.0.0.1:5000";
  return text("an address").refine((value) => /^https?:/i.test(value) && URL.canParse(value), { error });
}

/** A schema of booleans. */
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

/** A schema of memory sizes in bytes, at least 1 MB: `4GB` (10⁹), `512MiB` (2²⁰) or a plain number. */
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
