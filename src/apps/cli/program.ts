/** Program runner: turns command-line arguments into an exit code. */

import { helpHint } from "../../platform/command.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { escapedLines } from "../../platform/escape.ts";
import { readText } from "../../platform/files.node.ts";
import { offlineVariable } from "../../platform/network.node.ts";
import { maxConfigBytes, parseConfigFile } from "../../platform/options/file.ts";
import { nearest } from "../../platform/options/nearest.ts";
import type { OptionOwners } from "../../platform/options/parse.ts";
import { escaped } from "../../platform/quote.ts";
import { isSystemError, strayFailure } from "../../platform/systemError.ts";
import { replayedOptions } from "../../runs/manifest.ts";
import { readArguments } from "./arguments.ts";
import { type Command, optionOwners, type PreparedCommand, type Writer } from "./command.ts";
import { commandHelp, mainHelp, welcome } from "./help.ts";
import { createProgress } from "./progress.ts";

const signals = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof signals)[number];

export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
}

export interface InterruptOptions {
  readonly source: SignalSource;
  /** prints a line for the user, replacing the progress bar */
  say(line: string): void;
  exit(code: number): void;
}

export interface Interrupt {
  /** aborts at the first signal */
  readonly signal: AbortSignal;
  /** removes the signal listeners */
  dispose(): void;
}

/** Exit code of a process ended by Ctrl-C: 128 + SIGINT. */
const killed = 130;

export function listenForInterrupt({ source, say, exit }: InterruptOptions): Interrupt {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      say("stopped");
      exit(killed);
      return;
    }
    say("stopping after this step; press again to stop at once");
    controller.abort();
  };
  for (const signal of signals) source.on(signal, onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) source.off(signal, onSignal);
    },
  };
}

/** Environment of the program, replaceable in tests. */
export interface World {
  readonly stdout: Writer;
  readonly stderr: Writer;
  /** whether standard error is a terminal that can redraw a line */
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  readonly signals: SignalSource;
  readonly version: string;
  columns(): number;
  clock(): number;
  exit(code: number): void;
}

/** Runs one call and returns its exit code. Never throws: errors are written to standard error. */
export async function program(argv: readonly string[], commands: readonly Command[], world: World): Promise<number> {
  try {
    return await dispatch(argv, commands, world);
  } catch (thrown) {
    const error = explained(thrown);
    const options = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
    world.stderr.write(describeError(error, options.includes("--debug")));
    return error instanceof MpaError ? error.exitCode : 1;
  }
}

/** Translates operating-system errors that nothing else has translated; returns other errors unchanged. */
export const explained = (error: unknown): unknown => (isSystemError(error) ? strayFailure(error) : error);

/** Formats an error as `mpa-fer: CODE: what, where, what to do`, followed by the stack if requested. */
export function describeError(error: unknown, withStack: boolean): string {
  const isOurs = error instanceof MpaError;
  const code = isOurs ? error.code : "INTERNAL";
  const hint = isOurs || withStack ? "" : ", --debug shows where";
  const stack = withStack && error instanceof Error ? stackOf(error) : "";
  return `mpa-fer: ${code}: ${escaped(messageOf(error))}${hint}\n${escapedLines(stack)}`;
}

async function dispatch(argv: readonly string[], commands: readonly Command[], world: World): Promise<number> {
  const [name, ...rest] = argv;
  const print = (text: string) => {
    world.stdout.write(text);
    return 0;
  };
  if (name === undefined) return print(welcome());
  if (isHelp(name)) return print(mainHelp(commands));
  if (name === "help") {
    const [of] = rest;
    return print(of === undefined || isHelp(of) ? mainHelp(commands) : commandHelp(findCommand(of, commands)));
  }
  if (name === "--version") return print(`${world.version}\n`);
  const command = findCommand(name, commands);
  if (rest.slice(0, rest.includes("--") ? rest.indexOf("--") : rest.length).some(isHelp)) {
    return print(commandHelp(command));
  }
  return await runCommand(await prepare(command, rest, optionOwners(commands)), argv, world);
}

const isHelp = (word: string) => word === "--help" || word === "-h";

function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  if (name.startsWith("-")) {
    throw new MpaError("USAGE", `${name} stands where the command has to be`, { fix: helpHint() });
  }
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  );
  const what = `there is no command ${name}`;
  if (near !== undefined) throw new MpaError("USAGE", `${what}, did you mean ${near}?`);
  throw new MpaError("USAGE", what, { fix: helpHint() });
}

async function prepare(command: Command, argv: readonly string[], owners: OptionOwners): Promise<PreparedCommand> {
  const { flags, configPath, offline, plugins } = readArguments(command.name, command.options, argv, owners);
  if (offline) process.env[offlineVariable] = "1";
  await loadPlugins(plugins);
  const { replay } = flags;
  if (typeof replay === "string") {
    if (configPath !== undefined) {
      throw new MpaError("USAGE", "--replay and --config both give options", { fix: "leave one of them out" });
    }
    return command.prepare({ flags, owners, file: { path: replay, values: await replayedOptions(replay) } });
  }
  if (configPath === undefined) return command.prepare({ flags, owners });
  const values = parseConfigFile(await readText(configPath, "CONFIG", { max: maxConfigBytes }), configPath);
  return command.prepare({ flags, owners, file: { path: configPath, values } });
}

/** Loads plugins; must run before options are validated, because options may name what a plugin adds. */
async function loadPlugins(files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const { loadPlugin } = await import("../plugins.ts");
  for (const file of files) await loadPlugin(file);
}

async function runCommand(command: PreparedCommand, argv: readonly string[], world: World): Promise<number> {
  const { stdout, stderr, isTerminal, hasColour } = world;
  const { quiet } = command;
  const progress = createProgress({
    write: (text) => stderr.write(text),
    isTerminal,
    isQuiet: quiet,
    hasColour,
    columns: world.columns,
    clock: world.clock,
  });
  const say = (line: string) => {
    progress.clear();
    stderr.write(`${line}\n`);
  };
  const interrupt = listenForInterrupt({ source: world.signals, say, exit: world.exit });
  try {
    const { warn: notice } = progress;
    return await command.run({ argv, stdout, stderr, signal: interrupt.signal, progress, notice, quiet, isTerminal });
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof Error && error.name === "AbortError") {
      throw new MpaError("INTERRUPTED", "stopped before the work was done", { cause: error });
    }
    throw error;
  } finally {
    progress.clear();
    interrupt.dispose();
  }
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `caused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}\n${cause}`;
}
