/** The text encoder: tokens with slots for soft prompts, embeddings, causal attention, and the feature at EOT. */

import {
  add,
  cast,
  concat,
  expand,
  gatherRows,
  l2Normalise,
  mul,
  reduceSum,
  reshape,
  slice,
} from "../graph/ops/index.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { block, joinRows, normOf, splitRows } from "./block.ts";
import { type Clip, frozenProduct } from "./clip.ts";

/**
 * Texts as rows of token ids of the same length. Rows end at the last EOT of all texts, since causal attention ignores later
 * tokens.
 */
export interface TokenTable {
  /** one row per text, at least `length` long */
  readonly ids: readonly Int32Array[];
  /** L: tokens up to and including the last EOT */
  readonly length: number;
  /** the position of each text's EOT */
  readonly eot: readonly number[];
  /** texts that exceeded the context and were truncated */
  readonly truncated: readonly string[];
}

/** The functions of a tokenizer that are needed for prompts. */
export interface PromptTokenizer {
  readonly sot: number;
  readonly eot: number;
  /** fills a row after its EOT */
  readonly pad: number;
  /** Returns the ids of a text without SOT and EOT. */
  encode(text: string): readonly number[];
}

/**
 * Tokenizes texts to rows [SOT, `slots` slots, tokens(text), EOT]. A text that is too long is truncated before its EOT, to
 * `contextLength` tokens in total (docs/method.md, Text features). The slots contain the padding id; soft prompts replace them.
 */
export function tokenTable(
  encoder: PromptTokenizer,
  texts: readonly string[],
  contextLength: number,
  slots = 0,
): TokenTable {
  const room = contextLength - 2 - slots;
  const truncated: string[] = [];
  const rows = texts.map((text) => {
    const tokens = encoder.encode(text);
    if (tokens.length > room) truncated.push(text);
    return [encoder.sot, ...Array<number>(slots).fill(encoder.pad), ...tokens.slice(0, room), encoder.eot];
  });
  const length = Math.max(...rows.map((row) => row.length));
  const ids = rows.map((row) => Int32Array.from({ length }, (_, i) => row[i] ?? encoder.pad));
  return { ids, length, eot: rows.map((row) => row.length - 1), truncated };
}

/** Token embeddings of C texts without positions: [C, L, T]; `context` [C, M, T] or [M, T] replaces the M slots after SOT. */
export function embedTokens(clip: Clip, { ids, length }: TokenTable, context?: Tensor): Tensor {
  const { width, vocabulary } = clip.config.text;
  const classes = ids.length;
  const { leaf = clip.leaf } = clip.arithmetic.text;
  const table = leaf("text_model.embeddings.token_embedding.weight", [vocabulary, width]);
  const rows = ids.flatMap((row) => Array.from(row.subarray(0, length)));
  const embedded = reshape(cast(gatherRows(table, rows), "float32"), [classes, length, width]);
  if (context === undefined) return embedded;
  // A unified context [M, T] is the same for every class.
  const slots = context.shape[context.shape.length - 2];
  const soft = expand(context, [classes, slots, width]);
  // Every row has an EOT, so the slice after the context is never empty.
  return concat([slice(embedded, 1, 0, 1), soft, slice(embedded, 1, 1 + slots, length)], 1);
}

/**
 * The features θ(t) = text_projection(final_layer_norm(h at EOT)), normalised: [C, E]. Soft prompts `deep` [D, M, T] of the D layers
 * after the first replace the outputs at the M places after SOT.
 */
export function textTower(clip: Clip, embedded: Tensor, { eot }: TokenTable, deep?: Tensor): Tensor {
  const { text, jointWidth } = clip.config;
  const [classes, length, width] = embedded.shape;
  const positions = clip.leaf("text_model.embeddings.position_embedding.weight", [text.contextLength, width]);
  const rows = reshape(add(embedded, slice(positions, 0, 0, length)), [classes * length, width]);
  const mask = causalMask(length);
  let x = splitRows(rows, 1);
  const entering = (l: number) =>
    deep !== undefined && l > 0 && l <= deep.shape[0]
      ? x.map((rows) => withSoftPrompts(rows, length, slice(deep, 0, l - 1, l)))
      : x;
  const last = text.layers - 1;
  for (let l = 0; l < last; l++) x = block(clip, "text", l, { x: entering(l), batch: classes, tokens: length, mask });
  // The last block computes the tokens at EOT only.
  x = block(clip, "text", last, {
    ...{ x: entering(last), batch: classes, tokens: length },
    mask: maskOfRows(eot, length),
    queries: eot.map((place, c) => c * length + place),
  });
  const normed = normOf(clip, text, "text_model.final_layer_norm")(joinRows(x));
  return l2Normalise(frozenProduct(clip, "text", normed, "text_projection.weight", [jointWidth, width]));
}

/** Rows [C·L, T] whose M places after SOT of each text are soft prompts [1, M, T]. */
function withSoftPrompts(rows: Tensor, length: number, prompts: Tensor): Tensor {
  const [, count, width] = prompts.shape;
  const classes = rows.shape[0] / length;
  const x = reshape(rows, [classes, length, width]);
  const soft = expand(prompts, [classes, count, width]);
  const replaced = concat([slice(x, 1, 0, 1), soft, slice(x, 1, 1 + count, length)], 1);
  return reshape(replaced, [classes * length, width]);
}

/** e(t): the mean of the token embeddings strictly between SOT and EOT, normalised: [C, T]. */
export function meanTokenEmbedding(embedded: Tensor, { eot }: TokenTable): Tensor {
  const [classes, length] = embedded.shape;
  const weights = new Float32Array(classes * length);
  for (const [c, place] of eot.entries()) weights.fill(1 / (place - 1), c * length + 1, c * length + place);
  return l2Normalise(reduceSum(mul(embedded, constant(weights, [classes, length, 1])), [1]));
}

/** A score so low that its softmax is exactly zero. */
const hidden = -1e9;

/** The mask [L, L] with which token i attends to tokens 0 … i. */
function causalMask(length: number): Tensor {
  const values = Float32Array.from({ length: length * length }, (_, at) =>
    at % length > Math.floor(at / length) ? hidden : 0,
  );
  return constant(values, [length, length]);
}

/** The rows [C, 1, 1, L] of the causal mask for one token of each text. */
function maskOfRows(rows: readonly number[], length: number): Tensor {
  const values = Float32Array.from({ length: rows.length * length }, (_, at) =>
    at % length > rows[Math.floor(at / length)] ? hidden : 0,
  );
  return constant(values, [rows.length, 1, 1, length]);
}
