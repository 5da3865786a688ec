/** Which prompts a session reads with. */
import type { EngineDescription } from "./engine.ts";
import type { SessionState } from "./pageSession.ts";

/** Text of the prompts that are in use; the name of the bundled file says nothing to a user. */
export function promptsText({ checkpoint, isBundled }: EngineDescription): string {
  if (checkpoint === undefined) return "zero-shot, with hard prompts";
  return isBundled ? "bundled with the model" : checkpoint;
}

/** Whether this browser reads with a checkpoint other than the original prompts. A server's prompts are its operator's choice. */
export const hasOtherPrompts = (state: SessionState): boolean =>
  state.kind === "ready" &&
  state.mode === "browser" &&
  state.description.checkpoint !== undefined &&
  state.description.isBundled !== true;
