/** Options of `push`. */
import { z } from "zod";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, flag, optionGroup, text } from "../../platform/options/option.ts";

const pushing = optionGroup("Push");

export const pushOptions = z.strictObject({
  run: pushing(text("a folder"), {
    value: "DIR",
    role: "place",
    help: "run folder; its best prompts are pushed, with a card made of its records",
  }),
  repo: pushing(text("a name").optional(), {
    value: "OWNER/NAME",
    role: "place",
    perCall: true,
    help: "model on the hub, made where there is none (@BRANCH for another branch than main), with HF_TOKEN's token; only --dry-run does without",
  }),
  private: pushing(flag().default(false), { role: "result", help: "a repository that is made is private" }),
  license: pushing(text("a licence").optional(), {
    value: "NAME",
    role: "result",
    help: "licence of the prompts for the card, as the hub writes it, such as mit or cc-by-nc-4.0",
  }),
  message: pushing(text("a line").default("Push prompts of a run by mpa-fer"), {
    value: "TEXT",
    role: "result",
    help: "of the commit",
    source: "our choice",
  }),
  dryRun: pushing(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "write what would be pushed into this folder, and ask no network",
  }),
  ...answerOptions,
});

const pushConfig = pushOptions.transform((given, context) => {
  if (given.repo === undefined && given.dryRun === undefined) {
    const message = "must be given, or --dry-run";
    context.addIssue({ code: "custom", path: ["repo"], message, input: given });
  }
  return given;
});

/** Parsed options of `push`, with defaults. */
export type PushConfig = Readonly<z.output<typeof pushConfig>>;
/** Schema of `push`; `config.parse({…})` validates options and applies defaults. */
export const pushSchema = { options: pushOptions, config: pushConfig } satisfies CommandSchema<PushConfig>;
