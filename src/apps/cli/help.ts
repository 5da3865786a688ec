/** Help texts, generated from the option definitions. */
import { commandText } from "../../platform/command.ts";
import { flagOf, hasLongValue, type Option, shownValue } from "../../platform/options/option.ts";
import { universalOptions } from "./arguments.ts";
import type { Command } from "./command.ts";

const width = 100;
const column = 30;

/** Text shown when the program is called without arguments. */
export function welcome(): string {
  return `mpa-fer adapts a frozen CLIP to facial expressions by learning prompts, and recognises them in photographs.

New here? Try one of these:
  ${inColumn("npm run demo")}in a checkout: the whole job, in minutes, offline
  ${inColumn(commandText("demo"))}the same, where the package is installed
  ${inColumn(commandText("predict photo.jpg"))}the faces in it and their expressions
  ${inColumn(commandText("serve"))}the same on a page, on this machine alone
  ${inColumn(commandText("train --data DIR --dataset folder"))}learn from your own {train,valid,test}/CLASS/*

${commandText("--help")} lists the commands.
`;
}

export function mainHelp(commands: readonly Command[]): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(column - 3)} ${summary}`);
  return `Usage: mpa-fer COMMAND [options]

Commands:
${lines.join("\n")}

  mpa-fer COMMAND --help      the options of a command
  mpa-fer --version           the version

Exit codes: 0 done; 1 the work failed, or some pictures could not be read and the others are
answered; 2 the call or its input was wrong, and nothing was done.
`;
}

/** Help of one command: each option with its default and the source of that default. */
export function commandHelp({ name, summary, example, options }: Command): string {
  const required = options.filter(({ isRequired }) => isRequired).map((option) => left(option));
  const groups = [...new Set(options.map(({ group }) => group))].map((group) => {
    const lines = options.filter((option) => option.group === group).map((option) => row(left(option), right(option)));
    return `${group}:\n${lines.join("\n")}\n`;
  });
  const universal = universalOptions.map((option) =>
    row(`--${option.name}${"value" in option ? ` ${option.value}` : ""}`, option.help),
  );
  return `mpa-fer ${name} ${summary}.

${wrap(`Usage: mpa-fer ${[name, ...required, "[options]"].join(" ")}`, width, "  ")}

${groups.join("\n")}
Always:
${universal.join("\n")}

Example: ${commandText(example)}

In brackets: where a default comes from. The paper is "Multimodal Prompt Alignment for Facial
Expression Recognition"; docs/method.md settles what it leaves open.
`;
}

const inColumn = (command: string): string => command.padEnd(48);

function left(option: Option): string {
  return option.isFlag || option.positional ? flagOf(option) : `${flagOf(option)} ${shownValue(option)}`;
}

function right(option: Option): string {
  const { help, source, defaultText, isFlag, isRequired, repeatable } = option;
  const value = defaultText ?? (isFlag || option.default === undefined ? undefined : String(option.default));
  const notes = [
    hasLongValue(option) ? `${help}: ${(option.value ?? "").replaceAll("|", ", ")}` : help,
    ...(repeatable ? ["(may be given several times)"] : []),
    ...(isRequired ? ["(required)"] : []),
    ...(value === undefined ? [] : [`(default: ${value})`]),
    ...(source === undefined ? [] : [`[${source}]`]),
  ];
  return notes.join(" ");
}

function row(name: string, text: string): string {
  const indent = " ".repeat(column);
  const head = `  ${name}`;
  const body = wrap(`${indent}${text}`, width, indent);
  return head.length < column - 1 ? head + body.slice(head.length) : `${head}\n${body}`;
}

/** Wraps text at spaces; every line after the first starts with `indent`. */
function wrap(text: string, limit: number, indent: string): string {
  if (text.length <= limit) return text;
  const cut = text.lastIndexOf(" ", limit);
  if (cut <= indent.length) return text;
  return `${text.slice(0, cut)}\n${wrap(indent + text.slice(cut + 1), limit, indent)}`;
}
