/** What is asked of the server, and its answers, checked. */
import { z } from "zod";

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
