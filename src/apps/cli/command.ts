/** Command interface: a command is plain data, and its body is imported when it runs. */
import { type CommandSchema, type Option, optionsOf } from "../../platform/options/option.ts";
import { type GivenOptions, type OptionOwners, parseConfig } from "../../platform/options/parse.ts";
import type { Progress } from "./progress.ts";

export interface Writer {
  write(text: string): unknown;
}

/** Context that a command's body receives besides its configuration. */
export interface CommandContext {
  readonly stdout: Writer;
  readonly stderr: Writer;
  /** aborts at the first Ctrl-C or SIGTERM */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** prints a warning on standard error, also with `--quiet` */
  notice(line: string): void;
  readonly quiet: boolean;
  /** whether standard error is a terminal */
  readonly isTerminal: boolean;
}

/** Module of a command. `run` returns the exit code (0 if undefined) and throws `MpaError`. */
export interface CommandModule<Config> {
  run(config: Config, context: CommandContext): Promise<number> | Promise<void>;
}

/** Command whose options were parsed and validated. */
export interface PreparedCommand {
  readonly quiet: boolean;
  run(context: CommandContext): Promise<number>;
}

export interface Command {
  readonly name: string;
  /** follows the name in help: "trains prompts …" */
  readonly summary: string;
  /** a working call, without the leading `mpa-fer` */
  readonly example: string;
  readonly options: readonly Option[];
  /** Parses and validates the options. Throws USAGE or CONFIG before anything is loaded. */
  prepare(given: GivenOptions): PreparedCommand;
}

export interface CommandDefinition<Config> extends Pick<Command, "name" | "summary" | "example"> {
  readonly schema: CommandSchema<Config>;
  load(): Promise<CommandModule<Config>>;
}

/** Names of the commands that accept an option. */
export const optionOwners =
  (commands: readonly Command[]): OptionOwners =>
  (key) =>
    commands.filter(({ options }) => options.some((option) => option.key === key)).map(({ name }) => name);

export function defineCommand<Config extends { readonly quiet: boolean }>(
  definition: CommandDefinition<Config>,
): Command {
  const { name, summary, example, schema, load } = definition;
  return {
    name,
    summary,
    example,
    options: optionsOf(schema.options),
    prepare(given) {
      const config = parseConfig(name, schema, given);
      return {
        quiet: config.quiet,
        run: async (context) => (await (await load()).run(config, context)) ?? 0,
      };
    },
  };
}
