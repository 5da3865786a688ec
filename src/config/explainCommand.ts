/** What `explain` takes, and what it must not take together. */
import { z } from "zod";
import { explainDataOptions, explainRunOptions, explanationOptions } from "./explainOptions.ts";
import { hardPromptOptions } from "./methodOptions.ts";
import type { CommandSchema } from "./option.ts";
import { runOptions } from "./runOptions.ts";

const { memory: _memory, ...explainMachineOptions } = runOptions;
export const explainOptions = z.strictObject({
  ...explainDataOptions,
  ...explanationOptions,
  ...hardPromptOptions,
  ...explainMachineOptions,
  ...explainRunOptions,
});

/** Faces in files or a data set's, and where a run is named its own. */
const explainConfig = explainOptions.transform((given, context) => {
  const { files, data: folder, dataset, run } = given;
  const refuse = (option: string, message: string) =>
    context.addIssue({ code: "custom", path: [option], message, input: given });
  if (files.length > 0 && folder !== undefined) refuse("data", "must not come with files");
  if (run !== undefined) return given;
  if (files.length === 0 && folder === undefined && dataset === undefined) refuse("files", "must name a file");
  else if (folder !== undefined && dataset === undefined) refuse("data", "must come with --dataset");
  else if (folder === undefined && dataset !== undefined) refuse("dataset", "must come with --data");
  return given;
});

/** What `explain` was told, defaults filled in. */
export type ExplainConfig = Readonly<z.output<typeof explainConfig>>;
/** Options of `explain`; `config.parse({…})` checks them and fills in the defaults. */
export const explainSchema: CommandSchema<ExplainConfig> = { options: explainOptions, config: explainConfig };
