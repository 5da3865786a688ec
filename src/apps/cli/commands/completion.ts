/** `mpa-fer completion` */

import type { Command, CommandModule } from "../command.ts";
import { bashCompletion, type CompletionConfig, fishCompletion, zshCompletion } from "../completion.ts";

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** The command for these commands, itself among them. */
export const completionOf = (commands: readonly Command[]): CommandModule<CompletionConfig> => ({
  run: async ({ shell: [shell] }, { stdout }) => {
    stdout.write(scripts[shell](commands));
  },
});
