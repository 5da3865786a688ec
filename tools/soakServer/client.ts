/** Clients of the soak: a polite one over HTTP, and one that writes what it likes to a socket of its own. */
import { once } from "node:events";
import { type Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds after which a request counts as unanswered. */
export const patience = 120_000;

/** End of a request: the status of its response, the connection closed by the server or by the client, or nothing in time. */
export type Outcome = number | "cut" | "left" | "unanswered";

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly retryAfter?: string | undefined;
}

interface PostOptions {
  readonly agent?: Agent;
  readonly contentType?: string | undefined;
}

/** Posts a body and returns the response. Sends it again where the server closed an idle connection just then. */
export async function post(url: URL, body: Buffer, { agent, contentType }: PostOptions = {}): Promise<Reply> {
  const headers = { "Content-Length": body.length, ...(contentType !== undefined && { "Content-Type": contentType }) };
  const asked = request(url, { method: "POST", agent, headers, timeout: patience });
  asked.on("timeout", () => asked.destroy(new Error(`no answer within ${patience / 1000} seconds`)));
  asked.end(body);
  try {
    const [response] = await once(asked, "response");
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, text, retryAfter: response.headers["retry-after"] };
  } catch (error) {
    const isStale = asked.reusedSocket && error instanceof Error && "code" in error && error.code === "ECONNRESET";
    if (isStale) return await post(url, body, { agent, contentType });
    throw error;
  }
}

export interface Conversation {
  /** written one after another */
  readonly pieces: Iterable<string | Buffer>;
  /** milliseconds between two pieces */
  readonly pause?: number;
  /** false: never reads what the server sends */
  readonly reads?: boolean;
  /** milliseconds after which the client closes the connection */
  readonly leaves?: number;
}

/** Writes to a new connection and returns the status of the first response. Never throws. */
export function converse({ hostname, port }: URL, { pieces, pause = 0, reads = true, leaves }: Conversation) {
  return new Promise<Outcome>((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end(leaves === undefined ? "unanswered" : "left"), leaves ?? patience);
    socket.on("error", () => end("cut"));
    socket.on("close", () => end("cut"));
    let head = "";
    const read = (piece: Buffer) => {
      head += piece.toString("latin1");
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
      if (status !== undefined) end(Number(status));
    };
    if (reads) socket.on("data", read);
    void (async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (pause > 0) await sleep(pause);
      }
    })();
  });
}
