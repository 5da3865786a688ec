/** Options of commands that run a model: the backbone and its computation. */
import { availableParallelism } from "node:os";
import { answerOptions, runGroup as run } from "../platform/options/common.ts";
import { choice, integer, size, text } from "../platform/options/option.ts";

/** Known precisions. */
export const precisions = ["fp32", "fp32-strassen", "fp16", "int8"] as const;
/** The arithmetic of the frozen encoders. */
export type Precision = (typeof precisions)[number];

/** Options of every command that runs a model. */
export const runOptions = {
  backbone: run(text("a folder or a name").default("faceclip-mini"), {
    value: "DIR|NAME",
    role: "place",
    help: "frozen CLIP: a folder in the Hugging Face layout, a model on its hub (ORG/NAME or ORG/NAME@REVISION), one in the package, or random:vit-b-16",
    source: "our choice",
  }),
  precision: run(choice(precisions).default("fp32"), {
    value: precisions.join("|"),
    role: "result",
    help: "arithmetic of the frozen encoders; fp32-strassen is faster from ViT-B on, and takes more memory; fp16 is for webgpu and cuda, int8 for the CPU",
    source: "our choice",
  }),
  provider: run(text("a name").default("cpu"), {
    value: "cpu|cuda|…",
    role: "result",
    help: "execution provider of ONNX Runtime; never silently another",
    source: "our choice",
  }),
  threads: run(
    integer(1).default(() => availableParallelism()),
    { value: "N", role: "machine", help: "threads for tensors", source: "our choice", defaultText: "one a core" },
  ),
  memory: run(
    size().default(() => Math.floor(process.availableMemory() / 2)),
    {
      value: "SIZE",
      role: "machine",
      perCall: true,
      help: "upper bound that micro-batches keep to, such as 4GB or 512MB; the gradient is the same",
      source: "our choice",
      defaultText: "half of what is free",
    },
  ),
  seed: run(integer(0).default(1), {
    value: "N",
    role: "result",
    help: "decides the first prompts, the order and the augmentation",
    source: "our choice",
  }),
  ...answerOptions,
};
