/** Options of what a run writes and starts from. */
import { runGroup as run } from "./answerOptions.ts";
import { flag, integer, text, webAddress } from "./kinds.ts";

const folder = text("a folder");
const file = text("a file");

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
