/** From what a person wrote, on the command line and in a file, to a checked configuration or one clear error. */
import { z } from "zod";
import type { MpaError } from "../errors.ts";
import { type CommandSchema, kebabCase, type Option, optionsOf } from "./option.ts";
import {
  commandLine,
  type KnownOptions,
  type OptionOwners,
  type Origin,
  optionsFile,
  unknownOption,
} from "./origin.ts";

/** Options as they were written; names are camelCase or kebab-case. */
export interface GivenOptions {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
  /** the other commands that have an option of this camelCase key, for the message about one in the wrong place */
  readonly owners?: OptionOwners;
}

/**
 * A command's configuration: its defaults, under the file's values, under the command line's. Text that stands for a
 * number becomes one. Throws USAGE with the flag, or CONFIG with the file, at the first unknown option or wrong value.
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
  const result = schema.config.safeParse(Object.fromEntries([...written].map(([key, { value }]) => [key, value])));
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const key = String(path[0]);
  const culprit = written.get(key);
  throw culprit === undefined ? missing(command, key, options) : wrong(command, culprit, message);
}

interface Written {
  /** the option as its origin spells it */
  readonly name: string;
  readonly value: unknown;
  readonly origin: Origin;
}

/** What one origin says, by camelCase key. Of two spellings of one option neither wins. */
function read(of: KnownOptions, origin: Origin, values: Readonly<Record<string, unknown>>): Map<string, Written> {
  const found = new Map<string, Written>();
  for (const [name, value] of Object.entries(values)) {
    const option = of.options.find(({ key }) => key === name || kebabCase(key) === name);
    if (option === undefined) throw unknownOption(of, origin, name);
    const other = found.get(option.key);
    if (other !== undefined) throw origin.fail(`${other.name} and ${name} are the same option`, "keep one of them");
    const readable = typeof value === "string" ? readText(value, option) : value;
    found.set(option.key, { name: origin.spell(name), value: readable, origin });
  }
  return found;
}

const numeral = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Text stays text where the option takes it, and becomes a number where it does not. */
function readText(value: string, { schema }: Option): unknown {
  return z.safeParse(schema, value).success || !numeral.test(value) ? value : Number(value);
}

function wrong(command: string, { name, value, origin }: Written, message: string): MpaError {
  const isPlain = typeof value === "number" || (typeof value === "string" && value !== "");
  return origin.fail(
    `${name} is ${isPlain ? value : JSON.stringify(value)} but ${message}`,
    `see mpa-fer ${command} --help`,
  );
}

function missing(command: string, key: string, options: readonly Option[]): MpaError {
  const option = options.find((candidate) => candidate.key === key);
  const name = option?.positional ? option.value : `--${kebabCase(key)} ${option?.value ?? ""}`;
  return commandLine.fail(`${name} is missing (${option?.help})`, `see mpa-fer ${command} --help`);
}
