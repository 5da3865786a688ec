/** Options of where and how a command runs (CONTRACT.md, shared options). */
import { availableParallelism } from "node:os";
import { choice, flag, integer, size, text, webAddress } from "./kinds.ts";
import { optionGroup } from "./option.ts";

const run = optionGroup("Run");
const folder = text("a folder");
const file = text("a file");

export const precisions = ["fp32", "fp32-strassen", "int8"] as const;

/** How a command answers. */
export const answerOptions = {
  json: run(file.optional(), {
    value: "FILE",
    help: "write the answer as JSON; - is standard output, alone there",
  }),
  quiet: run(flag().default(false), { help: "no progress, no tables" }),
};

/** Commands that run a model have these. */
export const runOptions = {
  backbone: run(text("a folder or a name").default("faceclip-mini"), {
    value: "DIR|NAME",
    help: "frozen CLIP: a folder in the Hugging Face layout, a model on its hub (ORG/NAME or ORG/NAME@REVISION), one in the package, or random:vit-b-16",
    source: "our choice",
  }),
  precision: run(choice(precisions).default("fp32"), {
    value: precisions.join("|"),
    help: "arithmetic of the frozen towers; fp32-strassen is faster from ViT-B on, and takes more memory",
    source: "our choice",
  }),
  provider: run(text("a name").default("cpu"), {
    value: "cpu|cuda|…",
    help: "execution provider of ONNX Runtime; never silently another",
    source: "our choice",
  }),
  threads: run(
    integer(1).default(() => availableParallelism()),
    { value: "N", help: "threads for tensors", source: "our choice", defaultText: "one a core" },
  ),
  memory: run(
    size().default(() => Math.floor(process.availableMemory() / 2)),
    {
      value: "SIZE",
      help: "upper bound that micro-batches keep to, such as 4GB or 512MB; the gradient is the same",
      source: "our choice",
      defaultText: "half of what is free",
    },
  ),
  seed: run(integer(0).default(1), {
    value: "N",
    help: "decides the first prompts, the order and the augmentation",
    source: "our choice",
  }),
  ...answerOptions,
};

export const predictionBatchOptions = {
  batchSize: run(integer(1).default(32), { value: "N", help: "images at a time", source: "our choice" }),
};

export const reportOptions = {
  reportFaces: run(flag().default(true), {
    help: "leave the faces of the worst mistakes out of the report; no other file holds pictures",
    source: "our choice",
  }),
};

/** What a training leaves and starts from. */
export const runFolderOptions = {
  out: run(folder.optional(), {
    value: "DIR",
    help: "run folder",
    source: "our choice",
    defaultText: "runs/DATASET-VARIANT-SEED",
  }),
  resume: run(flag().default(false), { help: "go on from the run folder's last checkpoint, bit for bit" }),
  replay: run(file.optional(), {
    value: "FILE",
    help: "do the run of a run.json again, with its options, and hold the result's bits against its own",
  }),
  featureCache: run(folder.optional(), {
    value: "DIR",
    help: "keep the frozen features of images here, for other runs on the same images",
  }),
  tensorboard: run(flag().default(false), { help: "also write the curves as an event file of TensorBoard" }),
  mlflow: run(webAddress().optional(), {
    value: "URL",
    help: "also log the run to this tracking server of MLflow; a server that fails costs a warning, not the run",
  }),
  mlflowExperiment: run(text("a name").default("mpa-fer"), {
    value: "NAME",
    help: "experiment there; it is made where there is none",
    source: "our choice",
  }),
  init: run(file.optional(), { value: "FILE", help: "checkpoint whose prompts the training starts from" }),
  ...reportOptions,
  checkpointEvery: run(integer(1).default(1), {
    value: "N",
    help: "epochs between checkpoints",
    source: "our choice",
  }),
};

export const demoRunOptions = {
  out: run(folder.optional(), {
    value: "DIR",
    help: "folder of the faces, the runs and the report",
    source: "our choice",
    defaultText: "runs/demo; where it is there already, runs/demo-2 and so on",
  }),
};
