/** Options of `demo`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { batchOptions, maxStepsOptions } from "../../method/learningOptions.ts";
import { runGroup as run } from "../../platform/options/common.ts";
import { type CommandSchema, text } from "../../platform/options/option.ts";

const demoRunOptions = {
  out: run(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder of the faces, the runs and the report",
    source: "our choice",
    defaultText: "runs/demo; where it is there already, runs/demo-2 and so on",
  }),
};

const demoOptions = z.strictObject({
  ...maxStepsOptions,
  ...batchOptions,
  ...demoRunOptions,
  ...runOptions,
});

export type DemoConfig = Readonly<z.output<typeof demoOptions>>;
export const demoSchema = { options: demoOptions, config: demoOptions } satisfies CommandSchema<DemoConfig>;
