/** `completion`: which shell. */
import { z } from "zod";
import { answerOptions } from "./answerOptions.ts";
import { choice } from "./kinds.ts";
import type { CommandSchema } from "./option.ts";
import { optionGroup } from "./option.ts";

export const completionOptions = z.strictObject({
  shell: optionGroup("Shell")(z.tuple([choice(["bash", "zsh", "fish"])], { error: "must be bash, zsh or fish" }), {
    value: "SHELL",
    positional: true,
    help: "bash, zsh or fish",
  }),
  quiet: answerOptions.quiet,
});

export type CompletionConfig = Readonly<z.output<typeof completionOptions>>;
export const completionSchema: CommandSchema<CompletionConfig> = {
  options: completionOptions,
  config: completionOptions,
};
