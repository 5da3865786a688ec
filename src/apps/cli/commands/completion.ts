/** `mpa-fer completion` */

import type { Command, CommandModule } from "../command.ts";
import { type CompletionConfig, completionScripts } from "../completion.ts";

/** The command for these commands, itself among them. */
export const completionOf = (commands: readonly Command[]): CommandModule<CompletionConfig> => ({
  run: async ({ shell: [shell] }, { stdout }) => {
    stdout.write(completionScripts[shell](commands));
  },
});
