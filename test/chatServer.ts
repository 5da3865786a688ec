/** Local server with the part of OpenAI's protocol that `describe` uses; faults can be injected. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { LocalServer } from "./localServer.ts";

const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
});
export type ChatRequest = z.infer<typeof requestSchema> & { readonly key: string | undefined };

/** Reply to one request. */
export type Reply =
  | {
      readonly content: string | null;
      readonly finish?: string;
      readonly usage?: readonly [input: number, output: number];
    }
  | { readonly status: number; readonly message: string; readonly headers?: Readonly<Record<string, string>> }
  /** sent as JSON, unchanged */
  | { readonly raw: string }
  /** never answers */
  | "silence"
  | "hang up";

export class ChatServer extends LocalServer {
  readonly requests: ChatRequest[] = [];
  /** used in order; then `otherwise` */
  readonly replies: Reply[] = [];
  otherwise: (request: ChatRequest) => Reply = () => ({ content: "" });

  /** Starts the server and returns the base URL. */
  override async listen(): Promise<string> {
    return `${await super.listen()}/v1`;
  }

  protected async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":{"message":"no such address"}}');
      return;
    }
    const key = request.headers.authorization?.replace("Bearer ", "");
    const asked = { ...requestSchema.parse(JSON.parse(await text(request))), key };
    this.requests.push(asked);
    const reply = this.replies.shift() ?? this.otherwise(asked);
    if (reply === "silence") return;
    if (reply === "hang up") {
      request.socket.destroy();
      return;
    }
    if ("status" in reply) {
      const headers = { "content-type": "application/json", ...reply.headers };
      response.writeHead(reply.status, headers).end(JSON.stringify({ error: { message: reply.message } }));
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end("raw" in reply ? reply.raw : JSON.stringify(completion(asked.model, reply)));
  }
}

function completion(model: string, { content, finish = "stop", usage }: Extract<Reply, { content: string | null }>) {
  const message = { role: "assistant", content };
  const [input, output] = usage ?? [0, 0];
  return {
    ...{ id: "1", object: "chat.completion", created: 0, model },
    choices: [{ index: 0, message, finish_reason: finish }],
    ...(usage && { usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } }),
  };
}
