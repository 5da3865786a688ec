/** Where the prompts lie that a command was given: a file, or `hub:ORG/NAME`, which is downloaded once. */
import { MpaError } from "../errors.ts";
import { hubPrefix, parseHubPrompts } from "../hub/hubName.ts";
import type { RunContext } from "../runContext.ts";

/** Throws USAGE for a name that is none, and as the hub does. */
export async function checkpointPath(given: string, context: RunContext): Promise<string> {
  if (!given.startsWith(hubPrefix)) return given;
  const name = parseHubPrompts(given);
  if (name === undefined) {
    throw new MpaError(
      "USAGE",
      `${given} is no name on the hub`,
      undefined,
      "write hub:ORG/NAME or hub:ORG/NAME@REVISION",
    );
  }
  // Loaded only where it is asked for: most checkpoints are files.
  const { hubPrompts } = await import("../hub/hubPrompts.ts");
  return hubPrompts(name, {}, context);
}
