/** Backbones in browsers, from a server with the files of a `CLIPModel` folder. */

import { openSession } from "../graph/runtime/session.web.ts";
import { contextOf, type RunContext } from "../platform/context.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { assembleBackbone, type Backbone } from "./backbone.ts";
import { openWeightBytes } from "./weights.ts";

/** Opens the `CLIPModel` folder at `url`. Throws NETWORK, NOT_FOUND, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG. */
export async function fetchBackbone(url: URL, context: RunContext = {}): Promise<Backbone> {
  const base = new URL(url.href.endsWith("/") ? url : `${url}/`);
  const at = (name: string) => new URL(name, base);
  const bytes = fetchBytes(at(weightsFile), context);
  // Awaited only after the texts; a failure before that must not count as unhandled.
  bytes.catch(() => undefined);
  return assembleBackbone({
    name: base.pathname.split("/").at(-2) ?? "",
    texts: {
      where: (name) => at(name).href,
      read: async (name) => (await fetchOptional(at(name), context))?.text(),
    },
    weights: async () => openWeightBytes(await bytes, weightsFile, at(weightsFile).href),
    sessions: (weights) => async (model, options) =>
      openSession(model, { ...options, weightBytes: { [weights.file]: await bytes } }),
  });
}

const weightsFile = "model.safetensors";

/** Fetches the body at `url` with progress. Throws NOT_FOUND, NETWORK. */
export async function fetchBytes(url: URL, context: RunContext = {}): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await fetchOptionalBytes(url, context);
  if (bytes !== undefined) return bytes;
  throw new MpaError("NOT_FOUND", "the server has no such file", {
    where: url.href,
    fix: "copy the package's models folder there",
  });
}

/** Fetches the body at `url`; undefined if there is no such file. Throws NETWORK. */
export async function fetchOptionalBytes(
  url: URL,
  context: RunContext = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const response = await fetchOptional(url, context);
  if (response === undefined) return undefined;
  const total = Number(response.headers.get("Content-Length") ?? 0);
  const task = contextOf(context).progress.start({ label: "loading", total, unit: "bytes" });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (const reader = response.body?.getReader(); reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    task.update(length);
  }
  task.finish();
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Fetches a response; undefined if there is no such file. Throws NETWORK, or the signal's reason. */
async function fetchOptional(url: URL, { signal }: RunContext): Promise<Response | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    const what = `cannot load (${messageOf(cause)})`;
    throw new MpaError("NETWORK", what, { where: url.href, fix: "check the connection", cause });
  }
  // Servers of single-page apps answer with the page where a file is missing; ours answers 204, which browsers do not log as an error.
  const isPage = response.headers.get("Content-Type")?.startsWith("text/html");
  if (response.status === 404 || response.status === 204 || isPage) return undefined;
  if (!response.ok)
    throw new MpaError("NETWORK", `the server answers ${response.status}`, { where: url.href, fix: "try again later" });
  return response;
}
