import {
  ablateSchema,
  benchSchema,
  convertSchema,
  demoSchema,
  doctorSchema,
  evaluateSchema,
  explainSchema,
  predictSchema,
  serveSchema,
  trainSchema,
} from "../config.ts";
import { type Command, defineCommand } from "./command.ts";

/** Every command (CONTRACT.md, Commands). */
export const commands: readonly Command[] = [
  defineCommand({
    name: "train",
    summary: "trains prompts on a data set, validates, writes a run folder",
    example: "train --data ferplus --dataset ferplus --out runs/first",
    schema: trainSchema,
    load: () => import("./commands/train.ts"),
  }),
  defineCommand({
    name: "evaluate",
    summary: "scores a checkpoint on one split",
    example: "evaluate --data ferplus --dataset ferplus --checkpoint runs/first/best.safetensors",
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
    name: "explain",
    summary: "shows where answers come from: saliency, patches, t-SNE, side by side",
    example: "explain --run runs/first",
    schema: explainSchema,
    load: () => import("./commands/explain.ts"),
  }),
  defineCommand({
    name: "convert",
    summary: "makes a CLIPModel folder of OpenAI's or OpenCLIP's weights",
    example: "convert ViT-B-16.pt --out clip-vit-b-16",
    schema: convertSchema,
    load: () => import("./commands/convert.ts"),
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
    name: "demo",
    summary: "does the main job end to end with nothing but what is in the package",
    example: "demo",
    schema: demoSchema,
    load: () => import("./commands/demo.ts"),
  }),
];
