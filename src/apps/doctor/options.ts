/** Options of `doctor`. */
import { z } from "zod";
import { datasets } from "../../data/datasets.node.ts";
import { data, datasetNames, datasetOptions } from "../../data/options.node.ts";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, registered, text } from "../../platform/options/option.ts";

/** Options of `doctor`; without a data set it checks this machine. */
export const doctorOptions = z.strictObject({
  data: data(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    help: "folder of the data set; without it the machine is checked",
  }),
  dataset: data(registered(datasets).optional(), { value: datasetNames, role: "result", help: "kind of the data set" }),
  labelRule: datasetOptions.labelRule,
  ...answerOptions,
});
const doctorConfig = doctorOptions.transform((given, context) => {
  if ((given.data === undefined) !== (given.dataset === undefined)) {
    const [path, other] = given.data === undefined ? ["dataset", "--data"] : ["data", "--dataset"];
    context.addIssue({ code: "custom", path: [path], message: `must come with ${other}`, input: given });
  }
  return given;
});

/** Parsed options of `doctor`, with defaults. */
export type DoctorConfig = Readonly<z.output<typeof doctorConfig>>;
export const doctorSchema = { options: doctorOptions, config: doctorConfig } satisfies CommandSchema<DoctorConfig>;
