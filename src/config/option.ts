/**
 * An option is a zod schema and what a person needs to know of it. Types, command-line flags, keys of configuration
 * files and help are all read off this one definition. Names are camelCase in code and in `run.json`, kebab-case as
 * flags; a configuration file may use either.
 */
import { z } from "zod";

export interface OptionInfo {
  /** heading in the help */
  readonly group: string;
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
    const info = infos.get(field);
    if (info === undefined) throw new TypeError(`the option ${key} has no help`);
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
