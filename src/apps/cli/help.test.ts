/** Help texts: what holds of every command, and the texts themselves, so that a change of them is seen. */
import { describe, expect, test } from "vitest";
import { flagOf, type Option, shownValue } from "../../platform/options/option.ts";
import { universalOptions } from "./arguments.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { commands } from "./registry.ts";

function helpOf(name: string): string {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return commandHelp(command);
}

interface Entry {
  /** the flag with its value, or the word for what stands without a flag */
  readonly head: string;
  /** in one line */
  readonly text: string;
  readonly group: string;
}

/** The options that a help text shows, in its order. */
function entriesOf(help: string): Entry[] {
  const entries: Entry[] = [];
  let group = "";
  for (const line of help.split("\n")) {
    const heading = /^([A-Z][\w ,]*):$/.exec(line);
    const [, head, text = ""] = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (heading !== null) group = heading[1];
    else if (head !== undefined && group !== "") entries.push({ head, text, group });
    else if (/^ {30}\S/.test(line) && last !== undefined) {
      entries[entries.length - 1] = { ...last, text: `${last.text} ${line.trim()}`.trim() };
    } else if (line !== "" && !line.startsWith("  ")) group = "";
  }
  return entries;
}

/** The default that a reader is told: in words where it depends on something, none for a flag that is off. */
function shownDefault({ defaultText, isFlag, default: value }: Option): string | undefined {
  if (defaultText !== undefined) return defaultText;
  return isFlag || value === undefined ? undefined : String(value);
}

describe.each(commands)("the help of $name", (command) => {
  const help = commandHelp(command);
  const entries = entriesOf(help);
  const byHead = (option: Option) => entries.find(({ head }) => head.split(" ")[0] === flagOf(option).split(" ")[0]);

  test("fits into 100 columns", () => {
    expect(help.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("has every option once, with its value, under its heading, then the global options", () => {
    const groups = [...new Set(command.options.map(({ group }) => group))];
    const own = groups.flatMap((group) => command.options.filter((option) => option.group === group));
    expect(entries.map(({ head, group }) => [head, group])).toEqual([
      ...own.map((option) => [
        option.isFlag || option.positional ? flagOf(option) : `${flagOf(option)} ${shownValue(option)}`,
        option.group,
      ]),
      ...universalOptions.map((option) => [`--${option.name}${"value" in option ? ` ${option.value}` : ""}`, "Always"]),
    ]);
  });

  test("describes each option: whether it is required, its default and the default's source", () => {
    const usage = help.split("\n\n")[1].replaceAll(/\s+/g, " ");
    for (const option of command.options) {
      const text = byHead(option)?.text ?? "";
      expect(text.startsWith(option.help), option.key).toBe(true);
      const notes = text.slice(option.help.length);
      const [, value] = /\(default: (.*?)\)(?: \[|$)/.exec(notes) ?? [];
      expect(value, option.key).toBe(shownDefault(option));
      expect(notes.includes("(required)"), option.key).toBe(option.isRequired);
      expect(usage.includes(byHead(option)?.head ?? ""), option.key).toBe(option.isRequired);
      expect(notes.includes("(may be given several times)"), option.key).toBe(option.repeatable === true);
      expect(/\[([^[]*)\]$/.exec(notes)?.[1], option.key).toBe(option.source);
    }
    for (const { name, help: text } of universalOptions) {
      expect(entries.filter(({ head }) => head.split(" ")[0] === `--${name}`)).toMatchObject([{ text }]);
    }
  });

  test("has an example with valid options", () => {
    const [name, ...words] = command.example.split(" ");
    const known = new Set(commandHelp(command).match(/--[a-z-]+/g));
    expect(name).toBe(command.name);
    expect(words.filter((word) => word.startsWith("--") && !known.has(word))).toEqual([]);
  });
});

test("the list of commands has each command once, with its summary", () => {
  const listed = mainHelp(commands).split("\n");
  for (const { name, summary } of commands) {
    expect(listed.filter((line) => line.startsWith(`  ${name} `) && line.endsWith(` ${summary}`))).toHaveLength(1);
  }
  expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
});

test("the commands", () => {
  expect(mainHelp(commands)).toMatchInlineSnapshot(`
    "Usage: mpa-fer COMMAND [options]

    Commands:
      train                       trains prompts on a data set, validates, writes a run folder
      lr-range                    trains with a growing learning rate, draws the loss, suggests a rate
      evaluate                    scores a checkpoint on one split
      predict                     finds faces in photographs and tells their expressions
      ablate                      redoes one of the paper's Tables 1 to 4 on a data set
      protocol                    few-shot, base-to-new, cross-data, leave-one-class-out, k-fold
      reproduce                   runs the paper's settings on one of its data sets, writes a record to send in
      explain                     shows where answers come from: saliency, patches, t-SNE, side by side
      figures                     writes the figures, tables and methods text of a run or table for a paper
      describe                    asks a language model what tells expressions apart; edits and scores answers
      prepare                     cuts the faces out of a data set's photographs, upright, into class folders
      export                      writes an ONNX classifier for other programs, prompts and labels inside
      push                        puts a run's prompts and a card made of its records on the Hugging Face hub
      convert                     makes a CLIPModel folder of OpenAI's or OpenCLIP's weights
      verify                      checks a backbone against published facts and what plain drawings show
      doctor                      checks a data set (counts, unreadable and duplicate pictures) or the machine
      bench                       measures images/s of training and prediction on this machine
      serve                       answers over HTTP, and shows the page, on this machine alone
      worker                      does work of other machines: parts of trainings, cells of tables, folders to score
      completion                  writes a script that completes this command in a shell
      demo                        does the main job end to end with nothing but what is in the package

      mpa-fer COMMAND --help      the options of a command
      mpa-fer --version           the version

    Exit codes: 0 done; 1 the work failed, or some pictures could not be read and the others are
    answered; 2 the call or its input was wrong, and nothing was done.
    "
  `);
});

test.each(["train", "predict", "explain"])("the help of %s", async (name) => {
  await expect(helpOf(name)).toMatchFileSnapshot(`helpTexts/${name}.txt`);
});
