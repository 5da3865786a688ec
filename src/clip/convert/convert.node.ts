/** `convert`: OpenAI's and OpenCLIP's weights as a `CLIPModel` folder, read as data: no code of theirs is run. */
import { existsSync } from "node:fs";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { elements } from "../../graph/tensor.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { readJson, readText } from "../../platform/files.node.ts";
import { makeFolder } from "../../platform/folders.node.ts";
import { type Activation, clipTensors, parseClipConfig } from "../config.ts";
import {
  convertedConfig,
  type ModelHints,
  openaiTokenizerFiles,
  openaiVocabularySize,
  parseOpenClipConfig,
} from "./config.node.ts";
import { huggingFaceTensors } from "./names.node.ts";
import {
  elementBytes,
  type SourceTensor,
  type SourceTensors,
  safetensorsSource,
  writeTensors,
} from "./tensors.node.ts";
import { openTorchArchive } from "./torchArchive.node.ts";

export interface ConvertOptions {
  /** OpenAI's `.pt`, or OpenCLIP's `.pt`, `.bin` or `.safetensors` */
  readonly file: string;
  /** a folder that is not there yet, or is empty */
  readonly out: string;
  /** default: `open_clip_config.json` beside the file, where there is one */
  readonly openClipConfig?: string;
  /** default: what the config says; `quick_gelu` for OpenAI's archives, else `gelu` */
  readonly activation?: Activation;
}

export interface Converted {
  readonly out: string;
  readonly tensors: number;
  readonly activation: string;
}

/** Throws WEIGHTS and MODEL for what cannot be converted; the folder comes into being whole or not at all. */
export async function convert(options: ConvertOptions, context: RunContext = {}): Promise<Converted> {
  const { file } = options;
  const source = await openSource(file);
  try {
    const hints = await hintsFor(options, source.isScript, context);
    const tensors = huggingFaceTensors(source.tensors, file);
    const { config, preprocessor } = convertedConfig(tensors, hints, file);
    const known = checkedTensors(tensors, config, file);
    const tokenizer = await tokenizerFor(config.text_config.vocab_size, dirname(file));
    const files = {
      ...tokenizer,
      "config.json": `${JSON.stringify(config, null, 2)}\n`,
      "preprocessor_config.json": `${JSON.stringify(preprocessor, null, 2)}\n`,
    };
    await writeFolder(options.out, files, known, context);
    return { out: options.out, tensors: known.size, activation: hints.activation };
  } finally {
    source.close();
  }
}

/** `pytorch_model.bin` of a `CLIPModel` folder as the same folder with `model.safetensors`. */
export async function convertPickledFolder(folder: string, out: string, context: RunContext = {}): Promise<void> {
  const file = join(folder, "pytorch_model.bin");
  const archive = await openTorchArchive(file);
  try {
    const config = await readJson(join(folder, "config.json"), z.record(z.string(), z.unknown()), "MODEL");
    const known = checkedTensors(archive.tensors, config, file);
    const others = (await readdir(folder)).filter((name) => name.endsWith(".json") || name === "merges.txt");
    await writeFolder(out, {}, known, context, (to) =>
      Promise.all(others.map((name) => copyFile(join(folder, name), join(to, name)))),
    );
  } finally {
    archive.close();
  }
}

interface Source {
  readonly tensors: SourceTensors;
  readonly isScript: boolean;
  close(): void;
}

async function openSource(file: string): Promise<Source> {
  if (file.endsWith(".safetensors")) {
    return { tensors: await safetensorsSource(file), isScript: false, close: () => undefined };
  }
  return await openTorchArchive(file);
}

async function hintsFor(options: ConvertOptions, isScript: boolean, { notice }: RunContext): Promise<ModelHints> {
  const beside = join(dirname(options.file), "open_clip_config.json");
  // OpenAI's archives have no such file; one that lies beside them is another model's.
  const given = options.openClipConfig ?? (!isScript && existsSync(beside) ? beside : undefined);
  const found =
    given === undefined ? undefined : parseOpenClipConfig(await readJson(given, z.unknown(), "CONFIG"), given);
  if (found !== undefined) return { ...found, activation: options.activation ?? found.activation };
  const activation = options.activation ?? (isScript ? "quick_gelu" : "gelu");
  if (options.activation === undefined && !isScript) {
    notice?.(
      "the weights do not say their activation: gelu is taken; for models trained with OpenAI's, add --activation quick_gelu",
    );
  }
  return { activation, headWidth: 64 };
}

/** Exactly the tensors that the config asks for. Throws MODEL where one is missing or has another shape. */
function checkedTensors(tensors: SourceTensors, config: unknown, where: string): SourceTensors {
  return new Map(
    clipTensors(parseClipConfig(config, where)).map(([name, shape]): [string, SourceTensor] => {
      const tensor = tensors.get(name);
      if (tensor === undefined)
        throw new MpaError("MODEL", `the model has no ${name}`, { where, fix: "name a whole CLIP" });
      if (elements(tensor.shape) !== elements(shape) || tensor.shape.length < shape.length) {
        const what = `${name} has shape [${tensor.shape.join(",")}] where [${shape.join(",")}] was expected`;
        throw new MpaError("MODEL", what, { where, fix: "only CLIPs with a plain ViT image tower can be converted" });
      }
      return [name, { ...tensor, shape }];
    }),
  );
}

/** The tokenizer files beside the weights; where there are none, OpenAI's. Throws TOKENIZER where that does not fit. */
async function tokenizerFor(vocabulary: number, folder: string): Promise<Readonly<Record<string, string>>> {
  const beside = (await readdir(folder)).filter((name) => tokenizerNames.includes(name));
  if (beside.includes("tokenizer.json") || beside.includes("vocab.json")) {
    const read = async (name: string) => [name, await readText(join(folder, name), "TOKENIZER")] as const;
    return Object.fromEntries(await Promise.all(beside.map(read)));
  }
  if (vocabulary === openaiVocabularySize) return await openaiTokenizerFiles();
  const what = `the vocabulary has ${vocabulary} entries, OpenAI's has ${openaiVocabularySize}`;
  throw new MpaError("TOKENIZER", what, {
    where: folder,
    fix: "put the model's vocab.json and merges.txt beside the weights",
  });
}

const tokenizerNames = ["tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"];

async function writeFolder(
  out: string,
  files: Readonly<Record<string, string>>,
  tensors: SourceTensors,
  context: RunContext,
  more: (folder: string) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const { progress, signal } = contextOf(context);
  const total = [...tensors.values()].reduce((sum, { dtype, shape }) => sum + elements(shape) * elementBytes[dtype], 0);
  const task = progress.start({ label: "converting", total: Math.ceil(total / 1e6), unit: "MB" });
  let written = 0;
  const onBytes = (count: number) => {
    written += count;
    task.update(Math.floor(written / 1e6));
  };
  await makeFolder(out, async (partial) => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(partial, name), content);
    await more(partial);
    await writeTensors(join(partial, "model.safetensors"), tensors, onBytes, signal);
  });
  task.finish();
}
