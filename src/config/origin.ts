import { MpaError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { camelCase, kebabCase, type Option } from "./option.ts";

/** Where options were written: how a name looks there, and what an error about it says. */
export interface Origin {
  /** a name as it was written */
  spell(name: string): string;
  /** a kebab-case name as it is best written */
  respell(name: string): string;
  fail(what: string, mend: string): MpaError;
}

export const commandLine: Origin = {
  spell: (name) => `--${name}`,
  respell: (name) => `--${name}`,
  fail: (what, mend) => new MpaError("USAGE", what, undefined, mend),
};

export function optionsFile(path: string): Origin {
  return { spell: (name) => name, respell: camelCase, fail: (what, mend) => new MpaError("CONFIG", what, path, mend) };
}

/** Names of the commands that have an option of this camelCase key. */
export type OptionOwners = (key: string) => readonly string[];

/** A command's options, and who has others. */
export interface KnownOptions {
  readonly command: string;
  readonly options: readonly Option[];
  readonly owners?: OptionOwners | undefined;
}

/** The error for a name that the command does not have: where it belongs, or what was meant. */
export function unknownOption(
  { command, options, owners: ownersOf }: KnownOptions,
  origin: Origin,
  name: string,
): MpaError {
  const key = camelCase(name);
  const what = `${command} has no option ${origin.spell(name)}`;
  const owners = ownersOf?.(key) ?? [];
  if (owners.length > 0 && !owners.includes(command)) return origin.fail(what, `it belongs to ${owners.join(", ")}`);
  const named = options.filter(({ positional }) => positional === undefined);
  const near = nearest(
    kebabCase(key),
    named.map((option) => kebabCase(option.key)),
  );
  return origin.fail(
    what,
    near === undefined ? `see mpa-fer ${command} --help` : `did you mean ${origin.respell(near)}?`,
  );
}
