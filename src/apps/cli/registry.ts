import { convertSchema } from "../../clip/convert/options.ts";
import { ablateSchema } from "../../runs/ablate/options.ts";
import { benchSchema } from "../../runs/bench/options.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";
import { explainSchema } from "../../runs/explain/options.ts";
import { figuresSchema } from "../../runs/figures/options.ts";
import { lrRangeSchema } from "../../runs/lrRange/options.ts";
import { trainSchema } from "../../runs/options.ts";
import { protocolSchema } from "../../runs/protocols/options.ts";
import { demoSchema } from "../demo/options.ts";
import { describeSchema } from "../describe/options.ts";
import { doctorSchema } from "../doctor/options.ts";
import { exportSchema } from "../export/options.ts";
import { predictSchema, prepareSchema } from "../predict/options.ts";
import { pushSchema } from "../push/options.ts";
import { reproduceSchema } from "../reproduce/options.ts";
import { serveSchema } from "../serve/options.ts";
import { verifySchema } from "../verify/options.ts";
import { workerSchema } from "../worker/options.ts";
import { type Command, defineCommand } from "./command.ts";
import { completionSchema } from "./completion.ts";

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  defineCommand({
    name: "train",
    summary: "trains prompts on a data set, validates, writes a run folder",
    example: "train --data ferplus --dataset ferplus --out runs/first",
    schema: trainSchema,
    load: () => import("./commands/train.ts"),
  }),
  defineCommand({
    name: "lr-range",
    summary: "trains with a growing learning rate, draws the loss, suggests a rate",
    example: "lr-range --data ferplus --dataset ferplus --optimiser adamw",
    schema: lrRangeSchema,
    load: () => import("./commands/lrRange.ts"),
  }),
  defineCommand({
    name: "evaluate",
    summary: "scores a checkpoint on one split",
    example: "evaluate --data jaffe --dataset jaffe --checkpoint runs/first/best.safetensors",
    schema: evaluateSchema,
    load: () => import("./commands/evaluate.ts"),
  }),
  defineCommand({
    name: "predict",
    summary: "finds faces in photographs and tells their expressions",
    example: "predict photo.jpg --checkpoint runs/first/best.safetensors --json answer.json",
    schema: predictSchema,
    load: () => import("./commands/predict.ts"),
  }),
  defineCommand({
    name: "ablate",
    summary: "redoes one of the paper's Tables 1 to 4 on a data set",
    example: "ablate components --data ferplus --dataset ferplus --seeds 1,2,3",
    schema: ablateSchema,
    load: () => import("./commands/ablate.ts"),
  }),
  defineCommand({
    name: "protocol",
    summary: "few-shot, base-to-new, cross-data, leave-one-class-out, k-fold",
    example: "protocol few-shot --shots 1,2,4,8,16 --data ferplus --dataset ferplus",
    schema: protocolSchema,
    load: () => import("./commands/protocol.ts"),
  }),
  defineCommand({
    name: "reproduce",
    summary: "runs the paper's settings on one of its data sets, writes a record to send in",
    example: "reproduce raf-db --data raf-db --backbone openai/clip-vit-base-patch16",
    schema: reproduceSchema,
    load: () => import("./commands/reproduce.ts"),
  }),
  defineCommand({
    name: "explain",
    summary: "shows where answers come from: saliency, patches, t-SNE, side by side",
    example: "explain --run runs/first",
    schema: explainSchema,
    load: () => import("./commands/explain.ts"),
  }),
  defineCommand({
    name: "figures",
    summary: "writes the figures, tables and methods text of a run or table for a paper",
    example: "figures runs/first --format pdf,svg,tex",
    schema: figuresSchema,
    load: () => import("./commands/figures.ts"),
  }),
  defineCommand({
    name: "describe",
    summary: "asks a language model what tells expressions apart; edits and scores answers",
    example: "describe --base-url http://127.0.0.1:11434/v1 --model llama3.2",
    schema: describeSchema,
    load: () => import("./commands/describe.ts"),
  }),
  defineCommand({
    name: "prepare",
    summary: "cuts the faces out of a data set's photographs, upright, into class folders",
    example: "prepare --data photographs --dataset folder --out faces",
    schema: prepareSchema,
    load: () => import("./commands/prepare.ts"),
  }),
  defineCommand({
    name: "export",
    summary: "writes an ONNX classifier for other programs, prompts and labels inside",
    example: "export --checkpoint runs/first/best.safetensors --out expressions.onnx",
    schema: exportSchema,
    load: () => import("./commands/export.ts"),
  }),
  defineCommand({
    name: "push",
    summary: "puts a run's prompts and a card made of its records on the Hugging Face hub",
    example: "push --run runs/first --repo OWNER/NAME --dry-run card",
    schema: pushSchema,
    load: () => import("./commands/push.ts"),
  }),
  defineCommand({
    name: "convert",
    summary: "makes a CLIPModel folder of OpenAI's or OpenCLIP's weights",
    example: "convert ViT-B-16.pt --out clip-vit-b-16",
    schema: convertSchema,
    load: () => import("./commands/convert.ts"),
  }),
  defineCommand({
    name: "verify",
    summary: "checks a backbone against published facts and what plain drawings show",
    example: "verify --backbone openai/clip-vit-base-patch16",
    schema: verifySchema,
    load: () => import("./commands/verify.ts"),
  }),
  defineCommand({
    name: "doctor",
    summary: "checks a data set (counts, unreadable and duplicate pictures) or the machine",
    example: "doctor --data ferplus --dataset ferplus",
    schema: doctorSchema,
    load: () => import("./commands/doctor.ts"),
  }),
  defineCommand({
    name: "bench",
    summary: "measures images/s of training and prediction on this machine",
    example: "bench --backbone random:vit-b-16 --batch-size 8 --json -",
    schema: benchSchema,
    load: () => import("./commands/bench.ts"),
  }),
  defineCommand({
    name: "serve",
    summary: "answers over HTTP, and shows the page, on this machine alone",
    example: "serve --checkpoint runs/first/best.safetensors",
    schema: serveSchema,
    load: () => import("./commands/serve.ts"),
  }),
  defineCommand({
    name: "worker",
    summary: "does work of other machines: parts of trainings, cells of tables, folders to score",
    example: "worker --redis redis://127.0.0.1:6379",
    schema: workerSchema,
    load: () => import("./commands/worker.ts"),
  }),
  defineCommand({
    name: "completion",
    summary: "writes a script that completes this command in a shell",
    example: "completion bash > ~/.local/share/bash-completion/completions/mpa-fer",
    schema: completionSchema,
    load: async () => (await import("./commands/completion.ts")).completionOf(commands),
  }),
  defineCommand({
    name: "demo",
    summary: "does the main job end to end with nothing but what is in the package",
    example: "demo",
    schema: demoSchema,
    load: () => import("./commands/demo.ts"),
  }),
];
