/** Multi-head attention as one operator, so that it can run fused where no gradient is needed. */

import { onnxTypes } from "../onnxMessages.ts";
import { define, only, reject } from "../operator.ts";
import { type DType, type Emission, elements, type Tensor } from "../tensor.ts";
import { broadcastShape, reduceSum, reshape, sameShape } from "./broadcast.ts";
import { cast, mul, sub, widened } from "./elementwise.ts";
import { transpose } from "./layout.ts";
import { matmul } from "./matmul.ts";

const attentionOperator = define<{ heads: number }>({
  name: "attention",
  // o [B, n, W], then p [B, H, n, m] and q, k, v as [B, H, n or m, W/H]
  types: ([q, k, v, mask], { heads }) => {
    const [batch, n, width] = q.shape;
    const [keyBatch, m, keyWidth] = k.shape;
    const fits = keyBatch === batch && keyWidth === width && width % heads === 0 && sameShape(k.shape, v.shape);
    const scores = [batch, heads, n, m];
    const masked = mask === undefined || sameShape(broadcastShape(mask.shape, scores) ?? [], scores);
    if (!fits || !masked) return reject("attention", "q [B,n,W], k, v [B,m,W], a mask of [B,H,n,m]", [q, k, v]);
    const split = (rows: number) => [batch, heads, rows, width / heads];
    return [q.shape, scores, split(n), split(m), split(m)].map((shape) => ({ dtype: q.dtype, shape }));
  },
  sideProducts: true,
  multiplyAdds: ([q, k]) => 2 * elements(q.shape) * k.shape[1],
  // With ∂p = ∂o vᵀ, softmax gives ∂s = p∘(∂p − Σ p∘∂p), and Σₘ p∘∂p = Σ o∘∂o, which is smaller by m·H/W (FlashAttention, Dao et al. 2022).
  gradient: ({ inputs: [q], outputs: [o, p, queries, keys, values], attributes: { heads }, grads }) => {
    const grad = only(grads, "attention");
    const [batch, n, width] = q.shape;
    const alpha = (width / heads) ** -0.5;
    const upstream = splitHeads(grad, heads);
    const inRow = reduceSum(reshape(mul(widened(grad), widened(o)), [batch, n, heads, width / heads]), [-1]);
    const ofWeights = widened(matmul(upstream, values, { transB: true }));
    const ofScores = cast(
      mul(widened(p), sub(ofWeights, reshape(transpose(inRow, [0, 2, 1]), [batch, heads, n, 1]))),
      q.dtype,
    );
    return [
      () => joinHeads(matmul(ofScores, keys, { alpha })),
      () => joinHeads(matmul(ofScores, queries, { transA: true, alpha })),
      () => joinHeads(matmul(p, upstream, { transA: true })),
    ];
  },
  emit: (emission, { heads }) => emitHeads(emission, heads, scoresInSteps),
  emitFor: {
    cpu: (emission, { heads }) => emitFused(emission, heads, ["float32"]),
    cuda: (emission, { heads }) => emitFused(emission, heads, ["float32", "float16"]),
    // Not fused: ONNX Runtime 1.30's MultiHeadAttention on WebGPU differs by 1 % of the largest feature with faceclip-mini.
    webgpu: (emission, { heads }) => emitHeads(emission, heads, scoresForCard, turnedKeys),
  },
  samples: [
    {
      shapes: [
        [2, 3, 4],
        [2, 5, 4],
        [2, 5, 4],
      ],
      attributes: { heads: 2 },
    },
    {
      shapes: [
        [1, 3, 6],
        [1, 3, 6],
        [1, 3, 6],
      ],
      attributes: { heads: 3 },
    },
  ],
});

/**
 * softmax(q kᵀ/√d + mask) v in each of `heads` heads of d = W/heads: q [B, n, W], k and v [B, m, W], mask constant, to [B, H, n, m].
 * In half precision the products are; mask and softmax, and its gradient, are in single precision.
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, heads: number, mask?: Tensor): Tensor =>
  attentionOperator(mask === undefined ? [q, k, v] : [q, k, v, mask], { heads })[0];

/** [B, n, W] as [B, H, n, W/H]. */
function splitHeads(rows: Tensor, heads: number): Tensor {
  const [batch, n, width] = rows.shape;
  return transpose(reshape(rows, [batch, n, heads, width / heads]), [0, 2, 1, 3]);
}

function joinHeads(heads: Tensor): Tensor {
  const [batch, count, n, depth] = heads.shape;
  return reshape(transpose(heads, [0, 2, 1, 3]), [batch, n, count * depth]);
}

/** Axes [B, m, H, d] of the keys for [B, H, m, d], and for [B, H, d, m]. */
const [plainKeys, turnedKeys] = [
  [0, 2, 1, 3],
  [0, 2, 3, 1],
] as const;

/** One fused node for types that have one, or steps where a gradient reads values in between or there is a mask. */
function emitFused(emission: Emission, heads: number, fusedTypes: readonly DType[]) {
  const { node, inputs, outputs, inputTypes } = emission;
  const forGradient = outputs.slice(1).some((name) => name !== "");
  if (forGradient || inputs.length > 3 || !fusedTypes.includes(inputTypes[0].dtype)) {
    emitHeads(emission, heads, fusedScores);
  } else node("MultiHeadAttention", inputs, [outputs[0]], { num_heads: heads }, "com.microsoft");
}

/** Attention step by step: for runtimes without the fused operator, and where the gradient reads values in between. */
function emitHeads(emission: Emission, heads: number, scores: ScoreWriter, keyOrder: readonly number[] = plainKeys) {
  const { node, fresh, shape, inputs, outputs, inputTypes, outputTypes } = emission;
  const [batch, , width] = inputTypes[0].shape;
  const orders = [plainKeys, keyOrder, plainKeys];
  const [q, k, v] = inputs.slice(0, 3).map((name, i) => {
    const [rows, wanted, isPlain] = [fresh(), outputs[i + 2], orders[i] === plainKeys];
    const apart = (isPlain && wanted) || fresh();
    node("Reshape", [name, shape([batch, inputTypes[i].shape[1], heads, width / heads], true)], [rows]);
    node("Transpose", [rows], [apart], { perm: orders[i] });
    if (!isPlain && wanted !== "") node("Transpose", [rows], [wanted], { perm: plainKeys });
    return apart;
  });
  const [raw, masked, joined, attended] = [fresh(), fresh(), fresh(), fresh()];
  scores(emission, [q, k, raw], (width / heads) ** -0.5);
  const isHalf = inputTypes[0].dtype === "float16";
  const wide = isHalf ? castTo(emission, raw, "float32") : raw;
  if (inputs.length > 3) node("Add", [wide, inputs[3]], [masked]);
  const weights = outputs[1] || fresh();
  const shares = isHalf ? fresh() : weights;
  node("Softmax", [inputs.length > 3 ? masked : wide], [shares], { axis: -1 });
  if (isHalf) castTo(emission, shares, "float16", weights);
  node("MatMul", [weights, v], [attended]);
  node("Transpose", [attended], [joined], { perm: [0, 2, 1, 3] });
  node("Reshape", [joined, shape(outputTypes[0].shape, true)], [outputs[0]]);
}

function castTo({ node, fresh }: Emission, from: string, dtype: DType, to = fresh()): string {
  node("Cast", [from], [to], { to: onnxTypes[dtype] });
  return to;
}

/** Writes α·q kᵀ [B, H, n, m] as `to`, of q [B, H, n, d] and the keys in the order that it is given with. */
type ScoreWriter = (emission: Emission, names: readonly [q: string, k: string, to: string], alpha: number) => void;

const fusedScores: ScoreWriter = ({ node }, [q, k, to], alpha) =>
  node("FusedMatMul", [q, k], [to], { transB: 1, alpha: { float: alpha } }, "com.microsoft");

const scoresInSteps: ScoreWriter = ({ node, fresh, number, inputTypes }, [q, k, to], alpha) => {
  const [transposed, product] = [fresh(), fresh()];
  node("Transpose", [k], [transposed], { perm: [0, 1, 3, 2] });
  node("MatMul", [q, transposed], [product]);
  node("Mul", [product, number(alpha, inputTypes[0].dtype)], [to]);
};

/** For a graphics card: the factor is on the queries, which are smaller than the scores, and the keys are turned already. */
const scoresForCard: ScoreWriter = ({ node, fresh, number, inputTypes }, [q, k, to], alpha) => {
  const scaled = fresh();
  node("Mul", [q, number(alpha, inputTypes[0].dtype)], [scaled]);
  node("MatMul", [scaled, k], [to]);
};
