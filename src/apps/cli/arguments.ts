/** Command-line parser: splits arguments into flags; values are validated together with the configuration. */

import { parseArgs } from "node:util";
import { helpHint } from "../../platform/command.ts";
import { MpaError } from "../../platform/errors.ts";
import { kebabCase, type Option } from "../../platform/options/option.ts";
import { commandLine } from "../../platform/options/origin.ts";
import { type KnownOptions, type OptionOwners, unknownOption } from "../../platform/options/parse.ts";

/** Options of the command line itself, which belong to no configuration. */
export const universalOptions = [
  { name: "config", value: "FILE", help: "JSON or YAML with any of these options; the command line wins" },
  {
    name: "plugin",
    value: "FILE",
    help: "run this module, which adds data sets, loss terms and more; may be given again",
  },
  { name: "offline", help: "ask no network: a model on the hub has to be in the cache, and no endpoint is asked" },
  { name: "debug", help: "show the stack of an error" },
  { name: "help", help: "this text" },
] as const;

export interface Arguments {
  /** option value by camelCase key: text, a boolean, or the list of positional arguments */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly configPath?: string;
  readonly offline: boolean;
  /** modules to load; an options file cannot name them, because reading one must not run code */
  readonly plugins: readonly string[];
}

/** Parses a command's arguments. The last occurrence of an option wins, unless it is a list. Throws USAGE. */
export function readArguments(
  command: string,
  options: readonly Option[],
  argv: readonly string[],
  owners?: OptionOwners,
): Arguments {
  const named = options.filter(({ positional }) => positional === undefined);
  const isFlag = new Map(named.map((option) => [kebabCase(option.key), option.isFlag]));
  for (const universal of universalOptions) isFlag.set(universal.name, !("value" in universal));
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...isFlag].map(([name, flag]) => [name, { type: flag ? "boolean" : "string" }] as const),
    ),
    strict: false,
    tokens: true,
  });
  const flags: Record<string, string | boolean | readonly string[]> = {};
  const words: string[] = [];
  let configPath: string | undefined;
  let offline = false;
  const plugins: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name, value } = readOption(token, isFlag, () => unknown({ command, options, owners }, token.rawName));
    const option = named.find(({ key }) => kebabCase(key) === name);
    if (option?.repeatable) flags[option.key] = appended(flags[option.key], value);
    else if (option !== undefined) flags[option.key] = value;
    else if (name === "config" && typeof value === "string") configPath = value;
    else if (name === "plugin" && typeof value === "string") plugins.push(value);
    else if (name === "offline") offline = value === true;
  }
  placeWords(command, options, words, flags);
  return { flags, configPath, offline, plugins };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function readOption(token: OptionToken, isFlag: ReadonlyMap<string, boolean>, unknown: () => MpaError) {
  const { name, rawName, value, inlineValue } = token;
  const positive = name.startsWith("no-") ? name.slice("no-".length) : name;
  const known = isFlag.get(name) ?? (isFlag.get(positive) || undefined);
  if (known === undefined || !rawName.startsWith("--")) throw unknown();
  if (known) {
    if (inlineValue)
      throw commandLine.fail(`${rawName} takes no value but was given ${value}`, `leave "=${value}" out`);
    return { name: positive, value: name === positive };
  }
  // parseArgs accepts any following word; a forgotten value must not swallow the next option
  if (value === undefined || (value.startsWith("--") && !inlineValue)) {
    throw commandLine.fail(`${rawName} has no value`, `write ${rawName} VALUE`);
  }
  return { name, value };
}

function unknown(known: KnownOptions, rawName: string): MpaError {
  if (rawName.startsWith("--")) return unknownOption(known, commandLine, rawName.slice(2));
  const { command } = known;
  return new MpaError("USAGE", `${command} has no option ${rawName}`, { fix: helpHint(command) });
}

const appended = (list: Arguments["flags"][string] | undefined, value: string | boolean): readonly string[] => [
  ...(Array.isArray(list) ? list : []),
  String(value),
];

function placeWords(
  command: string,
  options: readonly Option[],
  words: readonly string[],
  flags: Record<string, string | boolean | readonly string[]>,
): void {
  if (words.length === 0) return;
  const positional = options.find((option) => option.positional);
  if (positional === undefined) {
    throw commandLine.fail(`${command} has no use for the word ${words[0]}`, "options start with --");
  }
  flags[positional.key] = words;
}
