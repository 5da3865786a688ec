/** Options that all commands share. */
import { flag, optionGroup, text } from "./option.ts";

export const runGroup = optionGroup("Run");

/** How a command answers. */
export const answerOptions = {
  json: runGroup(text("a file").optional(), {
    value: "FILE",
    help: "write the answer as JSON; - is standard output, alone there",
  }),
  quiet: runGroup(flag().default(false), { help: "no progress, no tables" }),
};
