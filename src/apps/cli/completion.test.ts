import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { universalOptions } from "./arguments.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completion.ts";
import { commands } from "./registry.ts";

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const line = ["mpa-fer", ...words].map((word) => `'${word}'`).join(" ");
  const script = `${bashCompletion(commands)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _mpa_fer; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "");
}

describe("in bash", () => {
  it("offers the commands", () => {
    expect(offered("ev")).toEqual(["evaluate"]);
    expect(offered("")).toEqual([...commands.map(({ name }) => name), "--help", "--version"]);
  });

  it("offers a command's options, and the values of those with choices", () => {
    expect(offered("train", "--prec")).toEqual(["--precision"]);
    expect(offered("train", "--precision", "")).toEqual(["fp32", "fp32-strassen", "fp16", "int8"]);
    expect(offered("train", "--hard-prompt", "")).toEqual(["1", "2", "3"]);
    expect(offered("predict", "--vari")).toEqual([]);
    expect(offered("train", "--conf")).toEqual(["--config"]);
  });

  it("leaves files to the shell", () => {
    expect(offered("predict", "photo")).toEqual([]);
    expect(offered("train", "--data", "--")).toEqual([]);
  });
});

it("offers the same in zsh, and every option with its help in fish", () => {
  expect(zshCompletion(commands)).toContain(bashCompletion(commands));
  const fish = fishCompletion(commands).split("\n");
  expect(fish).toContain(
    "complete -c mpa-fer -n '__fish_seen_subcommand_from train' -l precision -xa 'fp32 fp32-strassen fp16 int8' -d 'arithmetic of the frozen encoders; fp32-strassen is faster from ViT-B on, and takes more memory; fp16 is for webgpu and cuda, int8 for the CPU'",
  );
  const named = commands.flatMap(({ options }) => options.filter(({ positional }) => positional === undefined));
  expect(fish.filter((line) => line.includes(" -l "))).toHaveLength(
    named.length + universalOptions.length * commands.length,
  );
});
