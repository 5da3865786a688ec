/** Bearer token of the server: its source and format. */
import { MpaError } from "../../platform/errors.ts";
import { readText } from "../../platform/files.node.ts";
import { type ServeConfig, tokenVariable } from "./options.ts";

/** Length limits of a token. A longer one would not fit into the head of a request. */
const [shortest, longest] = [8, 1024];
const rule = `write ${shortest} to ${longest} printable ASCII characters without a space, such as those of openssl rand -hex 16`;

/** Reads the token from the file, else from the environment; undefined if there is neither. Throws ACCESS if it is invalid. */
export async function readToken(
  { tokenFile }: Pick<ServeConfig, "tokenFile">,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return parseToken(await readText(tokenFile, "ACCESS", { max: 2 ** 16 }), tokenFile);
  const given = env[tokenVariable] ?? "";
  return given === "" ? undefined : parseToken(given, tokenVariable);
}

/** Validates a token; surrounding white space, such as a final newline, is ignored. Throws ACCESS. */
function parseToken(given: string, where: string): string {
  const token = given.trim();
  const wrong = faultOf(token);
  if (wrong === undefined) return token;
  throw new MpaError("ACCESS", `the token ${wrong}`, { where, fix: rule });
}

function faultOf(token: string): string | undefined {
  if (token === "") return "is blank";
  if (/\s/.test(token)) return "has a space or a line break inside";
  if (!/^[\x21-\x7e]*$/.test(token)) return "has characters that are not printable ASCII";
  if (token.length < shortest) return `has only ${token.length} characters`;
  return token.length > longest ? `has ${token.length} characters` : undefined;
}
