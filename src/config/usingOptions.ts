/** What a recogniser takes, in a library, behind a server or as a file for other programs. */
import { z } from "zod";
import { data, datasetOptions } from "./dataOptions.ts";
import { choice, text } from "./kinds.ts";
import { hardPromptOptions } from "./methodOptions.ts";
import { optionGroup } from "./option.ts";
import { detectorOptions, predictorOptions } from "./photographOptions.ts";
import { answerOptions, predictionBatchOptions, runOptions } from "./runOptions.ts";
import { loopback, serverOptions, tokenVariable } from "./serverOptions.ts";

const { backbone, precision, provider, threads } = runOptions;

/** What finds faces and names their expressions, wherever it is used. */
export const recognizerOptions = z.strictObject({
  ...detectorOptions,
  ...predictorOptions,
  ...hardPromptOptions,
  ...predictionBatchOptions,
  ...{ backbone, precision, provider, threads },
});
export const serveOptions = z.strictObject({
  ...serverOptions,
  ...recognizerOptions.shape,
  quiet: answerOptions.quiet,
});

export const serveConfig = serveOptions.transform((given, context) => {
  const isOpen = !loopback.includes(given.host);
  if (isOpen && given.tokenFile === undefined && !given.insecure && (process.env[tokenVariable] ?? "") === "") {
    const message = `must be 127.0.0.1, or come with --token-file, ${tokenVariable} in the environment, or --insecure`;
    context.addIssue({ code: "custom", path: ["host"], message, input: given.host });
  }
  return given;
});

/** A data set whose faces are cut out. */
export const prepareOptions = z.strictObject({
  data: datasetOptions.data,
  dataset: datasetOptions.dataset,
  labelRule: datasetOptions.labelRule,
  out: data(text("a folder"), { value: "DIR", help: "folder of the faces, {train,valid,test}/CLASS/*.png" }),
  ...detectorOptions,
  ...{ provider, threads },
  ...answerOptions,
});

const exporting = optionGroup("Export");
export const exportLayouts = ["file", "transformers", "triton"] as const;

export const exportOptions = z.strictObject({
  out: exporting(text("a file or folder").default("expressions.onnx"), {
    value: "PATH",
    help: "file, or folder of the other layouts",
    source: "our choice",
  }),
  layout: exporting(choice(exportLayouts).default("file"), {
    value: exportLayouts.join("|"),
    help: "one ONNX file, or a folder for @huggingface/transformers or for Triton",
    source: "our choice",
  }),
  ...predictorOptions,
  ...hardPromptOptions,
  ...{ backbone, precision, provider, threads },
  ...answerOptions,
});
