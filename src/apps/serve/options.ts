/** Options of `serve`. */
import { z } from "zod";
import { recognizerOptions } from "../../faces/options.node.ts";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, flag, integer, optionGroup, text } from "../../platform/options/option.ts";

const server = optionGroup("Server");

/** Addresses that are reachable only from this machine. */
export const loopback: readonly string[] = ["127.0.0.1", "localhost", "::1"];

/** Environment variable that holds the token if there is no token file. */
export const tokenVariable = "MPA_FER_TOKEN";

const portError = "must be a whole number from 0 to 65535";
const names = (what: string) =>
  text(what)
    .transform((given) => given.split(",").map((name) => name.trim()))
    .refine((list) => list.every((name) => name !== ""), { error: `must be ${what}` });

export const serverOptions = {
  host: server(text("an address").default("127.0.0.1"), {
    value: "ADDRESS",
    role: "place",
    perCall: true,
    help: "address to listen on; any but this machine's own needs a token, or --insecure",
    source: "our choice",
  }),
  port: server(
    z.int({ error: portError }).min(0, { error: portError }).max(65535, { error: portError }).default(8086),
    {
      value: "N",
      role: "place",
      perCall: true,
      help: "port to listen on; 0 takes a free one",
      source: "our choice",
    },
  ),
  tokenFile: server(text("a file").optional(), {
    value: "FILE",
    role: "place",
    perCall: true,
    help: `file with the token that requests have to bring; ${tokenVariable} in the environment will do, too`,
  }),
  insecure: server(flag().default(false), {
    role: "place",
    perCall: true,
    help: "listen elsewhere without a token: whoever reaches it may ask",
  }),
  allowHost: server(names("names with commas between them").optional(), {
    value: "NAME,…",
    role: "place",
    perCall: true,
    help: "more names under which the server is asked, besides localhost",
  }),
  allowOrigin: server(names("origins with commas between them").optional(), {
    value: "ORIGIN,…",
    role: "place",
    perCall: true,
    help: "pages of other origins that may ask, such as https://example.org",
  }),
  runs: server(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder with run folders, at any depth, that the page shows and compares",
  }),
  queue: server(integer(1).default(64), {
    value: "N",
    role: "machine",
    help: "pictures that may wait; more are turned away with 503",
    source: "our choice",
  }),
  batchWait: server(integer(0).max(1000, { error: "must be at most 1000" }).default(4), {
    value: "MS",
    role: "machine",
    help: "milliseconds that a picture waits for others to be read together with",
    source: "our choice",
  }),
};

export const serveOptions = z.strictObject({
  ...serverOptions,
  ...recognizerOptions.shape,
  quiet: answerOptions.quiet,
});

export const serveConfig = serveOptions.transform((given, context) => {
  const isOpen = !loopback.includes(given.host);
  if (isOpen && given.tokenFile === undefined && !given.insecure && (process.env[tokenVariable] ?? "") === "") {
    const message = `must be 127.0.0.1, or come with --token-file, ${tokenVariable} in the environment, or --insecure`;
    context.addIssue({ code: "custom", path: ["host"], message, input: given.host });
  }
  return given;
});

/** Parsed options of `serve`, with defaults. */
export type ServeConfig = Readonly<z.output<typeof serveConfig>>;
/** Schema of `serve`; `config.parse({…})` validates options and applies defaults. */
export const serveSchema = { options: serveOptions, config: serveConfig } satisfies CommandSchema<ServeConfig>;
