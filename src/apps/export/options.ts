/** Options of `export`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { predictorOptions } from "../../faces/options.node.ts";
import { hardPromptOptions } from "../../method/options.ts";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, choice, optionGroup, text } from "../../platform/options/option.ts";

const { backbone, precision, provider, threads } = runOptions;
const exporting = optionGroup("Export");
export const exportLayouts = ["file", "transformers", "triton"] as const;

export const exportOptions = z.strictObject({
  out: exporting(text("a file or folder").default("expressions.onnx"), {
    value: "PATH",
    role: "place",
    perCall: true,
    help: "file, or folder of the other layouts",
    source: "our choice",
  }),
  layout: exporting(choice(exportLayouts).default("file"), {
    value: exportLayouts.join("|"),
    role: "result",
    help: "one ONNX file, or a folder for @huggingface/transformers or for Triton",
    source: "our choice",
  }),
  ...predictorOptions,
  ...hardPromptOptions,
  ...{ backbone, precision, provider, threads },
  ...answerOptions,
});

/** Parsed options of `export`, with defaults. */
export type ExportConfig = Readonly<z.output<typeof exportOptions>>;
/** Schema of `export`; `config.parse({…})` validates options and applies defaults. */
export const exportSchema = { options: exportOptions, config: exportOptions } satisfies CommandSchema<ExportConfig>;
