import { describe, expect, test } from "vitest";
import { universalOptions } from "./arguments.ts";
import { commandHelp } from "./help.ts";
import { commands } from "./registry.ts";

describe.each(commands)("the help of $name", (command) => {
  test("fits into 100 columns and has every option once", () => {
    const help = commandHelp(command);
    const tooWide = help.split("\n").filter((line) => line.length > 100);
    expect(tooWide).toEqual([]);
    const [, ...groups] = help.split("\n\n");
    const flags = groups
      .join("\n")
      .split("\n")
      .flatMap((line) => /^ {2}(--\S+|[A-Z]{2,}…?(?= ))/.exec(line)?.[1] ?? []);
    expect(flags).toHaveLength(command.options.length + universalOptions.length);
    expect(new Set(flags).size).toBe(flags.length);
  });

  test("has an example that its options allow", () => {
    const [name, ...words] = command.example.split(" ");
    const known = new Set(commandHelp(command).match(/--[a-z-]+/g));
    expect(name).toBe(command.name);
    expect(words.filter((word) => word.startsWith("--") && !known.has(word))).toEqual([]);
  });
});
