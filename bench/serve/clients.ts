/** Clients of the server in a process of their own: a message asks for a round, and one with its latencies answers it. */
import { readFile } from "node:fs/promises";
import { Agent } from "node:http";
import { messageOf } from "../../src/platform/errors.ts";
import { post } from "../../tools/soakServer/client.ts";

export interface ClientRound {
  readonly url: string;
  /** pictures, which each client sends in this order, from another one on */
  readonly files: readonly string[];
  readonly clients: number;
  readonly seconds: number;
}

/** Milliseconds of each answer and the seconds of the whole round, or what went wrong. */
export type ClientsResult =
  | { readonly latencies: readonly number[]; readonly elapsed: number }
  | { readonly error: string };

process.on("message", async (round: ClientRound) => process.send?.(await resultOf(round)));

async function resultOf(round: ClientRound): Promise<ClientsResult> {
  try {
    return await ask(round);
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function ask({ url, files, clients, seconds }: ClientRound): Promise<ClientsResult> {
  const pictures = await Promise.all(files.map((file) => readFile(file)));
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const latencies: number[] = [];
  const start = performance.now();
  const client = async (first: number) => {
    for (let i = first; performance.now() - start < 1000 * seconds; i++) {
      const sent = performance.now();
      const { status, text } = await post(new URL(url), pictures[i % pictures.length], { agent });
      if (status !== 200) throw new Error(`the server answered ${status}: ${text.slice(0, 200)}`);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  const elapsed = (performance.now() - start) / 1000;
  agent.destroy();
  return { latencies, elapsed };
}
