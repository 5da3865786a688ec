/**
 * OpenCLIP's `CLIP.encode_image` and `encode_text` as plain loops in double precision: slow, and independent of the graphs
 * under test. Matrices are arrays of rows.
 */
import type { TensorData } from "../src/graph/tensor.ts";

type Row = readonly number[];
type Rows = readonly Row[];

export interface ReferenceOptions {
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly heads: number;
  readonly epsilon: { readonly vision: number; readonly text: number };
  readonly activation: (x: number) => number;
}

export const quickGelu = (x: number): number => x / (1 + Math.exp(-1.702 * x));

/** Normalised features of images [B,3,S,S] and of rows of tokens, one at a time. */
export function referenceFeatures(options: ReferenceOptions, pixels: TensorData, tokens: TensorData) {
  const { rows, vector } = weightsOf(options);
  const [count, , size] = pixels.shape;
  const [textCount, length] = tokens.shape;
  const image = Array.from({ length: count }, (_, b) => {
    const plane = 3 * size * size;
    const embedded = patches(options, pixels.data.subarray(b * plane, (b + 1) * plane), size);
    const positions = rows("visual.positional_embedding");
    const { epsilon } = options;
    const norm = (x: Row, name: string) =>
      layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), epsilon.vision);
    const start = [vector("visual.class_embedding"), ...embedded].map((row, i) =>
      norm(sum(row, positions[i]), "visual.ln_pre"),
    );
    const [feature] = transformer(options, "visual.transformer", start, epsilon.vision, false);
    return unit(times(norm(feature, "visual.ln_post"), rows("visual.proj")));
  });
  const text = Array.from({ length: textCount }, (_, t) => {
    const ids = Array.from(tokens.data.subarray(t * length, (t + 1) * length), Number);
    const [table, positions] = [rows("token_embedding.weight"), rows("positional_embedding")];
    const start = ids.map((id, i) => sum(table[id], positions[i]));
    const features = transformer(options, "transformer", start, options.epsilon.text, true);
    const end = features[ids.indexOf(Math.max(...ids))];
    const normed = layerNorm(end, vector("ln_final.weight"), vector("ln_final.bias"), options.epsilon.text);
    return unit(times(normed, rows("text_projection")));
  });
  return { image: image.flat(), text: text.flat() };
}

function weightsOf({ tensors }: ReferenceOptions) {
  const vector = (name: string): Row => {
    const found = tensors.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return Array.from(found.data, Number);
  };
  const rows = (name: string): Rows => {
    const values = vector(name);
    const width = values.length / (tensors.get(name)?.shape[0] ?? 1);
    return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
  };
  return { vector, rows };
}

function patches(options: ReferenceOptions, pixels: ArrayLike<number | bigint>, size: number): Rows {
  const kernels = weightsOf(options).rows("visual.conv1.weight");
  const side = Math.sqrt(kernels[0].length / 3);
  const grid = size / side;
  return Array.from({ length: grid * grid }, (_, i) => {
    const [top, left] = [Math.floor(i / grid) * side, (i % grid) * side];
    const flat = Array.from({ length: 3 * side * side }, (_, k) => {
      const [channel, y, x] = [Math.floor(k / (side * side)), Math.floor(k / side) % side, k % side];
      return Number(pixels[channel * size * size + (top + y) * size + left + x]);
    });
    return kernels.map((kernel) => dot(kernel, flat));
  });
}

function transformer(options: ReferenceOptions, prefix: string, start: Rows, epsilon: number, causal: boolean): Rows {
  const { vector, rows } = weightsOf(options);
  let x = start;
  for (let layer = 0; options.tensors.has(`${prefix}.resblocks.${layer}.ln_1.weight`); layer++) {
    const at = (name: string) => `${prefix}.resblocks.${layer}.${name}`;
    const norm = (row: Row, name: string) =>
      layerNorm(row, vector(at(`${name}.weight`)), vector(at(`${name}.bias`)), epsilon);
    const linear = (row: Row, name: string) =>
      sum(
        rows(at(`${name}.weight`)).map((w) => dot(w, row)),
        vector(at(`${name}.bias`)),
      );
    const [weight, bias] = [rows(at("attn.in_proj_weight")), vector(at("attn.in_proj_bias"))];
    const projected = x.map((row) =>
      sum(
        weight.map((w) => dot(w, norm(row, "ln_1"))),
        bias,
      ),
    );
    const attended = attention(projected, options.heads, causal);
    const residual = x.map((row, i) => sum(row, linear(attended[i], "attn.out_proj")));
    x = residual.map((row) =>
      sum(row, linear(linear(norm(row, "ln_2"), "mlp.c_fc").map(options.activation), "mlp.c_proj")),
    );
  }
  return x;
}

/** Splits rows [q; k; v]. */
function attention(projected: Rows, heads: number, causal: boolean): Rows {
  const width = projected[0].length / 3;
  const depth = width / heads;
  return projected.map((row, i) =>
    Array.from({ length: heads }, (_, h) => {
      const part = (of: Row, kind: number) => of.slice(kind * width + h * depth, kind * width + (h + 1) * depth);
      const seen = causal ? projected.slice(0, i + 1) : projected;
      const scores = seen.map((key) => Math.exp(dot(part(row, 0), part(key, 1)) / Math.sqrt(depth)));
      const total = scores.reduce((a, b) => a + b, 0);
      return Array.from({ length: depth }, (_, d) =>
        seen.reduce((mix, value, j) => mix + (scores[j] / total) * part(value, 2)[d], 0),
      );
    }).flat(),
  );
}

function layerNorm(x: Row, weight: Row, bias: Row, epsilon: number): Row {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * weight[i] + bias[i]);
}

const dot = (a: Row, b: Row): number => a.reduce((total, value, i) => total + value * b[i], 0);
const sum = (a: Row, b: Row): Row => a.map((value, i) => value + b[i]);
/** Matrix product x W. */
const times = (x: Row, w: Rows): Row => w[0].map((_, j) => x.reduce((total, value, i) => total + value * w[i][j], 0));
const unit = (x: Row): Row => x.map((value) => value / Math.hypot(...x));
