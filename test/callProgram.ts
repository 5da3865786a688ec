/** Calls the command in this process and captures its output. */
import { program } from "../src/apps/cli/program.ts";
import { commands } from "../src/apps/cli/registry.ts";

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not a terminal and without signals; the clock stands still unless another one is given. */
export async function callProgram(argv: readonly string[], clock = () => 0): Promise<Called> {
  let stdout = "";
  let stderr = "";
  const code = await program(argv, commands, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    isTerminal: false,
    hasColour: false,
    signals: { on: () => undefined, off: () => undefined },
    version: "0",
    columns: () => 80,
    clock,
    exit: () => undefined,
  });
  return { code, stdout, stderr };
}
