/** A command is data; its body is loaded when it runs. */
import { type CommandSchema, type Option, optionsOf } from "../../platform/options/option.ts";
import { type GivenOptions, type OptionOwners, parseConfig } from "../../platform/options/parse.ts";
import type { Progress } from "./progress.ts";

export interface Writer {
  write(text: string): unknown;
}

/** What a command's body is given beside its configuration. */
export interface CommandContext {
  readonly stdout: Writer;
  readonly stderr: Writer;
  /** aborts at the first Ctrl-C or SIGTERM */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly quiet: boolean;
  /** whether standard error is a terminal */
  readonly isTerminal: boolean;
}

/** A command's module. `run` gives the exit code, 0 where it gives none, and throws `MpaError`. */
export interface CommandModule<Config> {
  run(config: Config, context: CommandContext): Promise<number> | Promise<void>;
}

/** A command whose options were read and found right. */
export interface PreparedCommand {
  readonly quiet: boolean;
  run(context: CommandContext): Promise<number>;
}

export interface Command {
  readonly name: string;
  /** stands after the name: "trains prompts …" */
  readonly summary: string;
  /** a call that works, without `mpa-fer` */
  readonly example: string;
  readonly options: readonly Option[];
  /** Throws USAGE or CONFIG before anything is loaded. */
  prepare(given: GivenOptions): PreparedCommand;
}

export interface CommandDefinition<Config> extends Pick<Command, "name" | "summary" | "example"> {
  readonly schema: CommandSchema<Config>;
  load(): Promise<CommandModule<Config>>;
}

/** Names of the commands that have an option. */
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
