/** Parsing of command-line and file options into a validated configuration. */

import { z } from "zod";
import type { MpaError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { type CommandSchema, camelCase, kebabCase, type Option, optionsOf, shownValue } from "./option.ts";
import { commandLine, libraryCall, type Origin, optionsFile } from "./origin.ts";

/** Returns the commands that have an option with this camelCase key. */
export type OptionOwners = (key: string) => readonly string[];

/** Command and its full set of options. */
interface Described extends KnownOptions {
  readonly options: readonly Option[];
}

/** Options of a command, and the other commands' options. */
export interface KnownOptions {
  readonly command: string;
  readonly options: readonly Pick<Option, "key" | "positional">[];
  readonly owners?: OptionOwners | undefined;
}

/** The error for an unknown option. It suggests the command that has it or the most similar name. */
export function unknownOption(
  { command, options, owners: ownersOf }: KnownOptions,
  origin: Origin,
  name: string,
): MpaError {
  const key = camelCase(name);
  const what = `${command} has no option ${origin.spell(name)}`;
  const owners = ownersOf?.(key) ?? [];
  if (owners.length > 0 && !owners.includes(command)) return origin.fail(`${what}, it belongs to ${owners.join(", ")}`);
  const named = options.filter(({ positional }) => positional === undefined);
  const near = nearest(
    kebabCase(key),
    named.map((option) => kebabCase(option.key)),
  );
  if (near !== undefined) return origin.fail(`${what}, did you mean ${origin.respell(near)}?`);
  return origin.fail(what, origin.manual(command));
}

/** Unparsed options; names are camelCase or kebab-case. */
export interface GivenOptions {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
  /** the other commands' options, for error messages */
  readonly owners?: OptionOwners;
}

/**
 * Parses a command's configuration. The command line overrides the file, which overrides the defaults. Numeric text is converted
 * to a number if the option requires one. Throws USAGE (command line) or CONFIG (file) for the first unknown option or invalid value.
 */
export function parseConfig<Config>(command: string, schema: CommandSchema<Config>, given: GivenOptions): Config {
  const options = optionsOf(schema.options);
  const { owners } = given;
  const written = new Map<string, Written>([
    ...(given.file === undefined
      ? []
      : read({ command, options, owners }, optionsFile(given.file.path), given.file.values)),
    ...read({ command, options, owners }, commandLine, given.flags ?? {}),
  ]);
  return checked({ command, options }, schema, written, commandLine);
}

/**
 * Parses the options of a library call and fills in defaults; errors refer to the type `typeName`. Throws USAGE for the first
 * unknown option or invalid value.
 */
export function parseOptions<Config>(
  command: string,
  schema: CommandSchema<Config>,
  given: object,
  typeName: string,
): Config {
  const origin = libraryCall(typeName);
  requireObject(command, given, origin);
  const options = optionsOf(schema.options);
  return checked({ command, options }, schema, read({ command, options }, origin, { ...given }), origin);
}

/**
 * Checks the names of plain options that have no schema. Throws USAGE with the closest known name for the first one
 * that is not in `known`, and for a value that is not an object.
 */
export function checkOptionNames(command: string, known: readonly string[], given: object, typeName: string): void {
  const origin = libraryCall(typeName);
  requireObject(command, given, origin);
  const options = known.map((key) => ({ key }));
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownOption({ command, options }, origin, unknown);
}

function requireObject(command: string, given: unknown, origin: Origin): void {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return;
  throw origin.fail(`the options of ${command} are ${shown(given)} but must be an object`, origin.manual(command));
}

/** Applies the schema, or throws the error of its first issue, or of all missing options; `origin` is where a missing option belongs. */
function checked<Config>(
  { command, options }: Described,
  schema: CommandSchema<Config>,
  written: ReadonlyMap<string, Written>,
  origin: Origin,
): Config {
  const result = schema.config.safeParse(Object.fromEntries([...written].map(([key, { value }]) => [key, value])));
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ key: String(path[0]), message }));
  const [{ key, message }] = issues;
  const culprit = written.get(key);
  if (culprit !== undefined) throw wrong(command, culprit, message);
  const absent = new Map(issues.filter((issue) => !written.has(issue.key)).map((issue) => [issue.key, issue.message]));
  throw missing(
    command,
    [...absent].map(([name, help]) => options.find((option) => option.key === name) ?? { key: name, help }),
    origin,
  );
}

interface Written {
  /** name in the spelling of its origin */
  readonly name: string;
  readonly value: unknown;
  readonly origin: Origin;
}

/** Reads the values of one origin, by camelCase key. Two spellings of the same option are an error. */
function read(of: Described, origin: Origin, values: Readonly<Record<string, unknown>>): Map<string, Written> {
  const found = new Map<string, Written>();
  for (const [name, value] of Object.entries(values)) {
    const option = of.options.find(({ key }) => key === name || kebabCase(key) === name);
    if (option === undefined) throw unknownOption(of, origin, name);
    const other = found.get(option.key);
    if (other !== undefined) throw origin.fail(`${other.name} and ${name} are the same option`, "keep one of them");
    const readable = typeof value === "string" ? readText(value, option) : value;
    found.set(option.key, { name: origin.nameOf(option, name), value: readable, origin });
  }
  return found;
}

const numeral = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Converts numeric text to a number, unless the option accepts text. */
function readText(value: string, { schema }: Option): unknown {
  return z.safeParse(schema, value).success || !numeral.test(value) ? value : Number(value);
}

function wrong(command: string, { name, value, origin }: Written, message: string): MpaError {
  return origin.fail(`${name} is ${shown(value)} but ${origin.refer(message)}`, origin.manual(command));
}

const maxShown = 80;

/** A value for a message, truncated to one line. */
function shown(value: unknown): string {
  const isPlain = typeof value === "number" || (typeof value === "string" && value !== "");
  const text = isPlain ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

/** One error for all options that are missing, so that a call is complete after one correction. */
function missing(
  command: string,
  options: readonly Pick<Option, "key" | "value" | "help" | "positional">[],
  origin: Origin,
): MpaError {
  const names = options.map((option) => {
    if (origin !== commandLine) return origin.spell(option.key);
    return option.positional ? shownValue(option) : `--${kebabCase(option.key)} ${shownValue(option)}`;
  });
  const what =
    names.length === 1
      ? `${names[0]} is missing (${origin.refer(options[0].help)})`
      : `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are missing`;
  return origin.fail(what, origin.manual(command));
}
