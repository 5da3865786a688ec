#!/usr/bin/env node
/** Entry point of the `mpa-fer` executable: connects the program to the process. */
import { MpaError } from "../../platform/errors.ts";
import { isErrno } from "../../platform/files.node.ts";
import { packageVersion } from "../../platform/package.node.ts";
import { systemFailure } from "../../platform/systemError.ts";
import { outputWriter } from "./output.ts";
import { describeError, explained, program, type World } from "./program.ts";
import { commands } from "./registry.ts";

const { env, stderr, stdout } = process;
const isTerminal = stderr.isTTY === true && env.TERM !== "dumb";

const world: World = {
  stdout: outputWriter(stdout),
  stderr,
  isTerminal,
  hasColour: isTerminal && (env.NO_COLOR ?? "") === "",
  signals: process,
  version: packageVersion(),
  columns: () => stderr.columns ?? 80,
  clock: () => performance.now(),
  exit: (code) => process.exit(code),
};

function fail(thrown: unknown): never {
  const error = explained(thrown);
  stderr.write(describeError(error, process.argv.includes("--debug")));
  process.exit(error instanceof MpaError ? error.exitCode : 1);
}

// the reader closed the pipe, as `head` does
stdout.on("error", (error) =>
  isErrno(error, "EPIPE") ? process.exit() : fail(systemFailure(error, "write", "standard output")),
);
stderr.on("error", () => process.exit());
process.on("uncaughtException", fail);

process.exitCode = await program(process.argv.slice(2), commands, world);
