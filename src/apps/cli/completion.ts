/** Shell completion scripts, generated from the command definitions. */

import { z } from "zod";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, choice, flagOf, type Option, optionGroup } from "../../platform/options/option.ts";
import { namesOf } from "../../platform/registry.ts";
import { universalOptions } from "./arguments.ts";
import type { Command } from "./command.ts";

/** Option as a shell offers it. */
interface Word {
  /** `--batch-size` */
  readonly flag: string;
  readonly help: string;
  /** accepted values: none (a flag), a file, or one of a list */
  readonly values: "none" | "file" | readonly string[];
}

/** Completion script for bash. */
export function bashCompletion(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const words = wordsOf(command);
    const values = words.flatMap(({ flag, values }) =>
      typeof values === "string" ? [] : [`        ${flag}) _mpa_fer_words "${values.join(" ")}"; return ;;`],
    );
    const files = words.filter(({ values }) => values === "file").map(({ flag }) => flag);
    return `    ${command.name})
      case "$before" in
${[...values, ...(files.length > 0 ? [`        ${files.join("|")}) return ;;`] : [])].join("\n")}
      esac
      [[ "$word" == -* ]] && _mpa_fer_words "${words.map(({ flag }) => flag).join(" ")}" ;;`;
  });
  return `# completion of mpa-fer for bash; without an answer of ours bash completes files
_mpa_fer_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }
_mpa_fer() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    _mpa_fer_words "${commands.map(({ name }) => name).join(" ")} --help --version"
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o default -F _mpa_fer mpa-fer
`;
}

/** Completion script for zsh, through zsh's emulation of bash completion. */
export const zshCompletion = (commands: readonly Command[]): string =>
  `#compdef mpa-fer
autoload -U +X bashcompinit && bashcompinit
${bashCompletion(commands)}`;

/** Completion script for fish, with the help text of each option. */
export function fishCompletion(commands: readonly Command[]): string {
  const heads = commands.map(
    ({ name, summary }) => `complete -c mpa-fer -n __fish_use_subcommand -xa ${name} -d ${quoted(summary)}`,
  );
  const options = commands.flatMap((command) =>
    wordsOf(command).map(({ flag, help, values }) => {
      const follows = values === "none" ? "" : values === "file" ? " -r" : ` -xa ${quoted(values.join(" "))}`;
      const where = `-n '__fish_seen_subcommand_from ${command.name}'`;
      return `complete -c mpa-fer ${where} -l ${flag.slice(2)}${follows} -d ${quoted(help)}`;
    }),
  );
  return `# completion of mpa-fer for fish\n${[...heads, ...options].join("\n")}\n`;
}

/** Script generators by shell name. */
export const completionScripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
const shells = namesOf(completionScripts);

export const completionOptions = z.strictObject({
  shell: optionGroup("Shell")(z.tuple([choice(shells)], { error: "must be bash, zsh or fish" }), {
    value: "SHELL",
    positional: true,
    role: "result",
    help: "bash, zsh or fish",
  }),
  quiet: answerOptions.quiet,
});

export type CompletionConfig = Readonly<z.output<typeof completionOptions>>;
export const completionSchema = {
  options: completionOptions,
  config: completionOptions,
} satisfies CommandSchema<CompletionConfig>;

function wordsOf({ options }: Command): Word[] {
  const own = options.filter(({ positional }) => positional === undefined).map(wordOf);
  const universal = universalOptions.map(
    (option): Word => ({ flag: `--${option.name}`, help: option.help, values: "value" in option ? "file" : "none" }),
  );
  return [...own, ...universal];
}

function wordOf(option: Option): Word {
  const { isFlag, help, value = "" } = option;
  // A value is either a list of choices (fp32|int8) or a placeholder in capitals (FILE, DIR|NAME).
  const choices = value.split("|").filter((choice) => choice !== "…");
  const isChoice =
    choices.length > 1 && choices.every((choice) => choice !== choice.toUpperCase() || /^\d+$/.test(choice));
  return { flag: flagOf(option), help, values: isFlag ? "none" : isChoice ? choices : "file" };
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
