/** Options of `convert`. */
import { z } from "zod";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, choice, optionGroup, text } from "../../platform/options/option.ts";
import { activations } from "../config.ts";

const data = optionGroup("Data");

export const convertOptions = z.strictObject({
  file: data(z.tuple([text("a file")], { error: "must be one file" }), {
    value: "FILE",
    positional: true,
    role: "place",
    help: "OpenAI's .pt; OpenCLIP's .pt, .bin or .safetensors; a CLIPModel's pytorch_model.bin or the .index.json of its parts",
  }),
  out: data(text("a folder"), { value: "DIR", role: "place", perCall: true, help: "folder of the CLIPModel" }),
  openClipConfig: data(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "what the model is beyond its weights",
    defaultText: "open_clip_config.json beside the weights, where it is there",
  }),
  activation: data(choice(activations).optional(), {
    value: activations.join("|"),
    role: "result",
    help: "activation of both encoders",
    source: "our choice",
    defaultText: "what the config says; else quick_gelu for OpenAI's .pt, gelu for others",
  }),
  ...answerOptions,
});

/** Parsed options of `convert`, with defaults. */
export type ConvertConfig = Readonly<z.output<typeof convertOptions>>;
export const convertSchema = { options: convertOptions, config: convertOptions } satisfies CommandSchema<ConvertConfig>;
