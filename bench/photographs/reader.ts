/** A reader of photographs, or of faces that are cut out, in a process of its own: a line with a path asks, a line of JSON answers. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";

const number = z.number();
const answer = z.object({
  /** CPU time of the reader's process */
  ms: number,
  /**
   * faces with their boxes [x, y, width, height] and the word for the expression, null where the reader only detects; a face that is
   * cut out has the box of the picture
   */
  faces: z.array(z.object({ box: z.tuple([number, number, number, number]), label: z.string().nullable() })),
});
export type Reading = z.infer<typeof answer>;

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export class Reader {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, process: ChildProcess, lines: AsyncIterator<string>) {
    this.name = name;
    this.#process = process;
    this.#lines = lines;
  }

  /** Starts a command and waits until its models are loaded. Throws if it ends before. */
  static async start(name: string, [program, ...args]: Command): Promise<Reader> {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
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
