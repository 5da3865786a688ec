/** Validation of commands in the documentation: options, values, and the scripts and files that they run. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readArguments } from "../../../src/apps/cli/arguments.ts";
import { commands } from "../../../src/apps/cli/registry.ts";
import { messageOf } from "../../../src/platform/errors.ts";
import { root } from "../contents.ts";
import type { Call } from "./recorded.ts";

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Fault of a call on a page; undefined if there is none. */
export function faultOf(page: string, [program, ...words]: Call): string | undefined {
  if (program === "npx") return words[0] === "mpa-fer" ? faultOfCommand(words.slice(1)) : faultOfTool(page, words);
  if (program === "mpa-fer") return "only npx finds mpa-fer in a project or a checkout: npx mpa-fer";
  if (program === "npm") return faultOfNpm(words);
  const file = words.find((word) => /\.(py|ts|mjs)$/.test(word));
  return file === undefined || isFile(page, file) ? undefined : `${file} is not there`;
}

/** Parses the arguments as the program does before it loads anything. */
function faultOfCommand([name, ...words]: readonly string[]): string | undefined {
  if (name === undefined || name === "--help" || name === "--version") return undefined;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return `there is no command ${name}`;
  if (words.includes("--help")) return undefined;
  try {
    const { flags } = readArguments(name, command.options, words);
    command.prepare({ flags });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** `npx tsx FILE`, `npx vitest run FILE …`, `npx vite`. */
function faultOfTool(page: string, [tool, ...words]: readonly string[]): string | undefined {
  if (!existsSync(join(root, "node_modules/.bin", tool))) return `${tool} is not installed`;
  const missing = words.find((word) => word.endsWith(".ts") && !isFile(page, word));
  return missing === undefined ? undefined : `${missing} is not there`;
}

function faultOfNpm([command, name]: readonly string[]): string | undefined {
  if (command === "run" && !(name in scripts)) return `package.json has no script ${name}`;
  return ["run", "ci", "cit", "install", "rebuild", "pack", "test"].includes(command) ? undefined : `npm ${command}?`;
}

/** Resolves a path beside the page, or from the repository root. */
const isFile = (page: string, file: string): boolean =>
  [join(root, file), join(root, dirname(page), file)].some((path) => existsSync(path));
