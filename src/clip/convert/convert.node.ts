/**
 * The `convert` command: OpenAI's, OpenCLIP's and older Hugging Face weights to a `CLIPModel` folder. Files are parsed as data;
 * none of their code runs.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { readJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { clipTensors } from "../clipTensors.ts";
import { type Activation, parseClipConfig } from "../config.ts";
import { clipModelTensors, clipModelTexts, isClipModel } from "./clipModel.node.ts";
import {
  checkSizes,
  convertedConfig,
  type ModelHints,
  type ModelSizes,
  modelSizes,
  openaiHints,
  openClipHints,
  preprocessorConfig,
} from "./config.ts";
import { checkedTensors, type ModelFolder, writeModelFolder } from "./modelFolder.node.ts";
import { huggingFaceTensors } from "./names.node.ts";
import { parseOpenClipConfig } from "./openClipConfig.ts";
import { openSource, type Source } from "./source.node.ts";
import { tokenizerFor } from "./tokenizer.node.ts";

/** Options of `convert`. */
export interface ConvertOptions {
  /** OpenAI's `.pt`; OpenCLIP's `.pt`, `.bin` or `.safetensors`; a CLIPModel's `pytorch_model.bin`, or the index of its shards */
  readonly file: string;
  /** a folder that does not exist or is empty */
  readonly out: string;
  /** default: `open_clip_config.json` beside the file, if it exists */
  readonly openClipConfig?: string;
  /** default: that of the config; without one `quick_gelu` for OpenAI's archives, else `gelu` */
  readonly activation?: Activation;
}

/** Result of a conversion. */
export interface Converted {
  readonly out: string;
  /** number of tensors */
  readonly tensors: number;
  readonly activation: string;
}

interface ConvertedModel extends ModelFolder {
  readonly activation: string;
}

/**
 * Converts a model and writes its folder atomically. Throws NOT_FOUND, ACCESS, WEIGHTS, MODEL, TOKENIZER, CONFIG and USAGE for input
 * that cannot be converted, WRITE for the folder.
 */
export async function convert(options: ConvertOptions, context: RunContext = {}): Promise<Converted> {
  const source = await openSource(options.file);
  try {
    const model = isClipModel(source.tensors)
      ? await fromClipModel(options, source)
      : await fromOpenClip(options, source, context);
    await writeModelFolder(options.out, model, context);
    return { out: options.out, tensors: model.tensors.size, activation: model.activation };
  } finally {
    source.close();
  }
}

async function fromClipModel(
  { file, openClipConfig, activation }: ConvertOptions,
  source: Source,
): Promise<ConvertedModel> {
  if (openClipConfig !== undefined || activation !== undefined) {
    const what = "the weights are a CLIPModel's, whose config.json says what it is";
    throw new MpaError("USAGE", what, { where: file, fix: "leave --open-clip-config and --activation out" });
  }
  const { config, tensors } = await clipModelTensors(source.tensors, file);
  return { tensors, texts: await clipModelTexts(dirname(file)), activation: config.vision.activation };
}

async function fromOpenClip(options: ConvertOptions, source: Source, context: RunContext): Promise<ConvertedModel> {
  const { file } = options;
  const tensors = huggingFaceTensors(source.tensors, file);
  const sizes = modelSizes(tensors, file);
  const hints = await hintsFor(options, sizes, source.isScript, context);
  const { files, tokenizer } = await tokenizerFor(sizes.text.vocabulary, dirname(file));
  const config = convertedConfig(sizes, hints, tokenizer, file);
  return {
    tensors: checkedTensors(tensors, clipTensors(parseClipConfig(config, file)), file),
    texts: {
      ...files,
      "config.json": `${JSON.stringify(config, null, 2)}\n`,
      "preprocessor_config.json": `${JSON.stringify(preprocessorConfig(hints), null, 2)}\n`,
    },
    activation: hints.activation,
  };
}

async function hintsFor(
  options: ConvertOptions,
  sizes: ModelSizes,
  isScript: boolean,
  { notice }: RunContext,
): Promise<ModelHints> {
  const beside = join(dirname(options.file), "open_clip_config.json");
  // OpenAI's archives have no such file; one beside them belongs to another model.
  const given = options.openClipConfig ?? (!isScript && existsSync(beside) ? beside : undefined);
  if (given !== undefined) {
    const model = parseOpenClipConfig(await readJson(given, z.unknown(), "CONFIG", jsonBounds.modelConfig), given);
    checkSizes(sizes, model, given);
    return { ...openClipHints(model), activation: options.activation ?? model.activation };
  }
  if (options.activation === undefined && !isScript) {
    notice?.(
      "the weights do not say their activation: gelu is taken; for models trained with OpenAI's, add --activation quick_gelu",
    );
  }
  return openaiHints(sizes, options.activation ?? (isScript ? "quick_gelu" : "gelu"));
}
