/** A program in another process that does the same work a step at a time when it is told to (bench/peers/train_step.py). */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const answer = z.object({
  step_s: z.array(z.number()),
  rss_mb: z.number(),
  losses: z.record(z.string(), z.number()),
  peer: z.string(),
});
export type PeerAnswer = z.infer<typeof answer>;

export interface PeerOptions {
  readonly python: string;
  readonly backbone: string;
  /** safetensors with the prompts to start from */
  readonly init: string;
  readonly mode: "train" | "predict";
  readonly batch: number;
  readonly threads: number;
  readonly precision: "fp32" | "bf16";
  readonly compile: boolean;
}

export class Peer {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process;
    this.#lines = lines;
  }

  /** Starts it and waits until it is warm. Throws where it ends before. */
  static async start(options: PeerOptions): Promise<Peer> {
    const script = fileURLToPath(new URL("peers/train_step.py", import.meta.url));
    const { python, backbone, init, mode, batch, threads, precision, compile } = options;
    const flags = ["--backbone", backbone, "--init", init, "--mode", mode, "--batch-size", `${batch}`];
    const more = ["--threads", `${threads}`, "--precision", precision, ...(compile ? ["--compile"] : []), "--serve"];
    const child = spawn(python, [script, ...flags, ...more], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const peer = new Peer(child, lines);
    await peer.#line();
    return peer;
  }

  /** One step: its seconds, the memory peak so far, the loss terms. */
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
