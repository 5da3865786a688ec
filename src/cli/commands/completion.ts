/** `mpa-fer completion` */
import type { CompletionConfig } from "../../config.ts";
import type { CommandContext } from "../command.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "../completion.ts";
import { commands } from "../registry.ts";

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export async function run({ shell: [shell] }: CompletionConfig, { stdout }: CommandContext): Promise<void> {
  stdout.write(scripts[shell](commands));
}
