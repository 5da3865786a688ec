/** Peer program in a child process. A line "N" requests N steps; the answer is one line of JSON. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";

const answer = z.object({
  step_s: z.array(z.number()),
  rss_mb: z.number(),
  losses: z.record(z.string(), z.number()),
  peer: z.string(),
});
export type PeerAnswer = z.infer<typeof answer>;

export class Peer {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process;
    this.#lines = lines;
  }

  /** Starts the program and waits until it is warm. Throws if it exits before. */
  static async start([program, ...flags]: readonly string[]): Promise<Peer> {
    const child = spawn(program, flags, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const peer = new Peer(child, lines);
    await peer.#line();
    return peer;
  }

  /** Runs one step: its seconds, the memory peak so far, and the loss terms if there are any. */
  async step(): Promise<PeerAnswer> {
    this.#process.stdin?.write("1\n");
    return answer.parse(JSON.parse(await this.#line()));
  }

  stop(): void {
    this.#process.stdin?.end();
  }

  async #line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error("the peer ended; what it said stands above");
    return value;
  }
}
