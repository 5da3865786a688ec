/** Child processes with a protocol of one line for each request and answer. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface LineProcess {
  send(line: string): void;
  /** next line of its output */
  next(): Promise<string>;
  readonly child: ChildProcess;
}

export function lineProcess(child: ChildProcess): LineProcess {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("the process has no pipes");
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  return {
    child,
    send: (line) => void stdin.write(`${line}\n`),
    next: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error("a process ended");
      return value;
    },
  };
}

/** Child's side: answers each line with the result of `work`. */
export async function answerLines(work: (line: string) => Promise<string>): Promise<void> {
  process.stdout.write("ready\n");
  for await (const line of createInterface(process.stdin)) process.stdout.write(`${await work(line)}\n`);
}
