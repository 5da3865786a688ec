/** Options shared by all commands. */
import { flag, optionGroup, text } from "./option.ts";

/** Group of options on the execution of a command. */
export const runGroup = optionGroup("Run");

/** Output options. */
export const answerOptions = {
  json: runGroup(text("a file").optional(), {
    value: "FILE",
    role: "display",
    perCall: true,
    help: "write the answer as JSON; - is standard output, alone there",
  }),
  quiet: runGroup(flag().default(false), {
    role: "display",
    perCall: true,
    help: "no progress, no tables; warnings are printed",
  }),
};
