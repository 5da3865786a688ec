/** The server computes: pictures go to the server that the page came from, and to nobody else. */
import { z } from "zod";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import { recordOf } from "../../../platform/recordSchema.ts";
import type { Engine, EngineDescription, Explanation } from "./engine.ts";

/* What is asked of the server, and its answers, checked. */

const failure = z.object({
  error: z.union([z.string(), z.object({ message: z.string() }).transform((e) => e.message)]),
});
/** A server that listens to others wants a token; it is kept until the tab is closed. */
const tokenKey = "mpa-fer token";

/** Asks with the token, where there is one; a server that wants another has the user asked for it, once. */
export async function askServer(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, withToken(init));
  if (response.status !== 401) return response;
  const given = prompt("This server asks for its token.");
  if (given === null) return response;
  sessionStorage.setItem(tokenKey, given);
  return fetch(path, withToken(init));
}

/** The body that fits the schema. Throws what the server says went wrong. */
export async function answerOf<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  const body: unknown = await response.json();
  if (response.ok) return schema.parse(body);
  const said = failure.safeParse(body);
  throw new Error(said.success ? said.data.error : `the server answers ${response.status}`);
}

function withToken(init: RequestInit): RequestInit {
  const token = sessionStorage.getItem(tokenKey);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}

const health = z.object({
  classes: z.array(z.string()),
  backbone: z.object({ name: z.string(), sha256: z.string() }),
  checkpoint: z.string().optional(),
  provider: z.string(),
  threads: z.number(),
});
const face = z.object({
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  score: z.number(),
  label: z.string(),
  probabilities: recordOf(z.number()),
});
const predictions = z.tuple([z.object({ faces: z.array(face), error: z.string().optional() })]);
const map = z.object({ width: z.number(), height: z.number(), data: z.array(z.number()) });
const explanation = z.object({ face: z.string(), similarity: map, patches: z.array(z.number()), saliency: map });

export class ServerEngine implements Engine {
  readonly mode = "server";
  readonly #description: EngineDescription;

  private constructor(description: EngineDescription) {
    this.#description = description;
  }

  /** The server behind this page, or undefined where the page was put on a server of files. */
  static async find(): Promise<ServerEngine | undefined> {
    try {
      const { provider, threads, ...model } = await answerOf(health, await askServer("api/health"));
      const counted = threads === 1 ? "1 thread" : `${threads} threads`;
      return new ServerEngine({ ...model, runsOn: `the server's ${provider}, ${counted}` });
    } catch {
      return undefined;
    }
  }

  describe = async (): Promise<EngineDescription> => this.#description;

  async predict(picture: Blob, signal?: AbortSignal): Promise<readonly FacePrediction[]> {
    const [{ faces, error }] = await answerOf(predictions, await post("api/predict", picture, signal));
    if (error !== undefined) throw new Error(error);
    return faces;
  }

  async explain(picture: Blob, index: number, target: string): Promise<Explanation> {
    const query = new URLSearchParams({ face: String(index), target });
    return answerOf(explanation, await post(`api/explain?${query}`, picture));
  }
}

const post = (path: string, body: Blob, signal?: AbortSignal): Promise<Response> =>
  askServer(path, {
    method: "POST",
    body,
    signal,
    headers: { "Content-Type": body.type || "application/octet-stream" },
  });
