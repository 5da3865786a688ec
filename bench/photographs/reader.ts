/** A reader of photographs in a process of its own: a line with a path asks, a line of JSON answers. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";

const answer = z.object({ ms: z.number(), faces: z.number() });
export type Reading = z.infer<typeof answer>;

export class Reader {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, process: ChildProcess, lines: AsyncIterator<string>) {
    this.name = name;
    this.#process = process;
    this.#lines = lines;
  }

  /** Starts Node with these arguments and waits until its models are loaded. Throws if it ends before. */
  static async start(name: string, args: readonly string[]): Promise<Reader> {
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const reader = new Reader(name, child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    await reader.#line();
    return reader;
  }

  async read(path: string): Promise<Reading> {
    this.#process.stdin?.write(`${path}\n`);
    return answer.parse(JSON.parse(await this.#line()));
  }

  stop(): void {
    this.#process.stdin?.end();
  }

  async #line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended; what it said stands above`);
    return value;
  }
}
