/** Origins of options: the command line, a configuration file or a library call. */

import { helpHint } from "../command.ts";
import { MpaError } from "../errors.ts";
import { camelCase, flagOf, type Option } from "./option.ts";

/** The origin of options, which determines the spelling of names and the errors. */
export interface Origin {
  /** spells a name as it was written, known or not */
  spell(name: string): string;
  /** spells an option that was given under this name */
  nameOf(option: Option, name: string): string;
  /** rewrites a message, in which other options are written as flags */
  refer(message: string): string;
  /** spells a kebab-case name in the preferred form */
  respell(name: string): string;
  /** Refers to the description of a command's options. */
  manual(command: string): string;
  fail(what: string, fix?: string): MpaError;
}

/** Options of the command line, written as flags. */
export const commandLine: Origin = {
  spell: (name) => `--${name}`,
  nameOf: (option) => flagOf(option),
  refer: (message) => message,
  respell: (name) => `--${name}`,
  manual: helpHint,
  fail: (what, fix) => new MpaError("USAGE", what, { fix }),
};

/** Options of a library call; `typeName` is the name of their type. */
export const libraryCall = (typeName: string): Origin => ({
  spell: (name) => name,
  nameOf: (_, name) => name,
  refer: (message) => message.replace(/--([a-z][a-z-]*)/g, (_, name: string) => camelCase(name)),
  respell: camelCase,
  manual: () => `see ${typeName}`,
  fail: (what, fix) => new MpaError("USAGE", what, { fix }),
});

/** Options of a configuration file. */
export function optionsFile(path: string): Origin {
  return {
    spell: (name) => name,
    nameOf: (_, name) => name,
    refer: (message) => message,
    respell: camelCase,
    manual: commandLine.manual,
    fail: (what, fix) => new MpaError("CONFIG", what, { where: path, fix }),
  };
}
