/** What `describe` takes, and what it must not take together. */
import { z } from "zod";
import { askOptions, scoreOptions } from "./describeOptions.ts";
import { predictionBatchOptions } from "./methodOptions.ts";
import type { CommandSchema } from "./option.ts";
import { runFolderOptions } from "./runFolderOptions.ts";
import { runOptions } from "./runOptions.ts";

const { featureCache } = runFolderOptions;
export const describeOptions = z.strictObject({
  ...askOptions,
  ...scoreOptions,
  ...{ featureCache },
  ...predictionBatchOptions,
  ...runOptions,
});

const describeConfig = describeOptions.transform((given, context) => {
  const { edit, score, data, dataset, maxCost, price } = given;
  const refuse = (option: string, message: string) =>
    context.addIssue({ code: "custom", path: [option], message, input: given });
  if (score && edit) refuse("score", "must come without --edit");
  if (score && data === undefined) refuse("score", "must come with --data");
  if (score && dataset === undefined) refuse("score", "must come with --dataset");
  if (maxCost !== undefined && price === undefined) refuse("maxCost", "must come with --price, for prices differ");
  return given;
});

export type DescribeConfig = Readonly<z.output<typeof describeConfig>>;
export const describeSchema: CommandSchema<DescribeConfig> = { options: describeOptions, config: describeConfig };
