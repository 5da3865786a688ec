/** `mpa-fer completion` */

import type { Command, CommandModule } from "../command.ts";
import { type CompletionConfig, completionScripts } from "../completion.ts";

/** Builds the command that completes the given commands, including itself. */
export const completionOf = (commands: readonly Command[]): CommandModule<CompletionConfig> => ({
  run: async ({ shell: [shell] }, { stdout }) => {
    stdout.write(completionScripts[shell](commands));
  },
});
