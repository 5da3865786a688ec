/** Backbones: a frozen CLIP with its tokenizer and preprocessing, assembled from the files of a `CLIPModel` folder. */

import type { OnnxModel } from "../graph/onnx.ts";
import type { Session, SessionOptions } from "../graph/runtime/session.ts";
import type { Tensor } from "../graph/tensor.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { jsonBounds, parseStrictJson } from "../platform/json.ts";
import { architectureOf } from "./architecture.ts";
import { type Clip, openClip } from "./clip.ts";
import { clipTensors } from "./clipTensors.ts";
import type { ClipConfig } from "./config.ts";
import { type ClipPreprocess, parseClipPreprocess } from "./preprocess.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";
import { openTokenizer, type TextSource } from "./tokenizer/tokenizerFile.ts";
import { renamedWeights, type Weights } from "./weights.ts";

/** A frozen CLIP with its tokenizer and preprocessing. */
export interface Backbone {
  readonly name: string;
  /** its folder or address, for messages */
  readonly folder: string;
  /** hash of the weights */
  readonly sha256: string;
  /** @internal */
  readonly clip: Clip;
  /** @internal */
  readonly tokenizer: Tokenizer;
  /** @internal */
  readonly preprocess: ClipPreprocess;
  /**
   * Opens a session of a graph over its weights. Throws RUNTIME.
   *
   * @internal
   */
  open(model: OnnxModel, options?: BackboneSessionOptions): Promise<Session>;
  /** @internal Changes each graph before it is written; see `BackboneContext` of Node */
  readonly rewrite?: GraphRewrite;
}

/** Changes a graph, given by its outputs by name. */
export type GraphRewrite = (outputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;

/** Options of a session over a backbone's weights. */
export type BackboneSessionOptions = Omit<SessionOptions, "weightsFolder" | "weightBytes">;

/** Files from which a backbone is assembled. */
export interface BackboneParts {
  readonly name: string;
  readonly texts: TextSource;
  weights(): Promise<Weights>;
  /** @internal The function that opens sessions over these weights. */
  sessions(weights: Weights): Backbone["open"];
}

/** Name of the bundled backbone, the default. */
export const defaultBackbone = "faceclip-mini";

/** Name of the adapted prompts in a backbone's folder, used if no checkpoint is given. */
export const adaptedPromptsFile = "prompts.safetensors";

/** Assembles a backbone and checks that its files match. Throws NOT_FOUND, MODEL, WEIGHTS, NUMERIC, TOKENIZER, CONFIG. */
export async function assembleBackbone({ name, texts, ...parts }: BackboneParts): Promise<Backbone> {
  const json = await readConfig(texts);
  const where = texts.where("config.json");
  const architecture = architectureOf(json);
  const config = { ...architecture.config(json, where), architecture: architecture.name };
  const stored = await parts.weights();
  const weights = architecture.tensor
    ? renamedWeights(
        stored,
        clipTensors(config).map(([name]) => name),
        architecture.tensor,
      )
    : stored;
  const preprocessJson = await readJson(texts, "preprocessor_config.json");
  const preprocessFile = texts.where("preprocessor_config.json");
  const preprocess = parseClipPreprocess(preprocessJson, config.vision.imageSize, preprocessFile);
  const tokenizer = await openTokenizer(texts);
  const folder = texts.where("");
  if (tokenizer.largestId >= config.text.vocabulary) {
    const sizes = `tokens up to ${tokenizer.largestId} for ${config.text.vocabulary} embeddings`;
    const what = `the tokenizer does not fit the weights: ${sizes}`;
    throw new MpaError("TOKENIZER", what, { where: folder, fix: "restore the backbone's files" });
  }
  checkEndOfText(tokenizer, config, folder);
  const clip = await openClip(config, weights);
  return { name, folder, sha256: weights.sha256, clip, tokenizer, preprocess, open: parts.sessions(weights) };
}

/** Checks that the config and the tokenizer agree on EOT, at which a text's feature is read. Throws TOKENIZER. */
function checkEndOfText({ eot, largestId }: Tokenizer, { text }: ClipConfig, where: string): void {
  const { endOfText } = text;
  // Older files have 2, for which transformers reads the feature at the largest id.
  if (endOfText === undefined || eot === (endOfText === 2 ? largestId : endOfText)) return;
  const what = `the tokenizer ends a text with ${eot}, the config's eos_token_id is ${endOfText}`;
  throw new MpaError("TOKENIZER", what, { where, fix: "restore the backbone's files" });
}

async function readConfig(texts: TextSource): Promise<unknown> {
  const json = await readJson(texts, "config.json");
  if (json !== undefined) return json;
  throw new MpaError("NOT_FOUND", "cannot read config.json", {
    where: texts.where("config.json"),
    fix: "name a whole CLIPModel folder",
  });
}

async function readJson(texts: TextSource, name: string): Promise<unknown> {
  const text = await texts.read(name);
  if (text === undefined) return undefined;
  try {
    return parseStrictJson(text, jsonBounds.modelConfig);
  } catch (cause) {
    const what = `${name} is not JSON: ${messageOf(cause)}`;
    throw new MpaError("MODEL", what, { where: texts.where(name), fix: "restore the backbone's files", cause });
  }
}
