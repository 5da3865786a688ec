/** Products of bytes as this processor has them. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { toOnnx } from "../graph/onnx.ts";
import { int8Linear } from "../graph/ops/index.ts";
import { constant, input } from "../graph/tensor.ts";

let found: Promise<boolean> | undefined;

/**
 * Whether sums of products of unsigned by signed bytes are cut off: x86 before VNNI adds pairs in sixteen bits. Found out by the largest
 * there are, once a process; ONNX Runtime's own test (`session.x64quantprecision`) takes every x86 processor for one of these.
 */
export function cutsSumsOff(): Promise<boolean> {
  found ??= probe();
  return found;
}

/** Rows and columns of the weight. */
const size = 64;

async function probe(): Promise<boolean> {
  const ones = (count: number) => new Float32Array(count).fill(1);
  const scale = constant(ones(size).fill(1 / 127), [size]);
  const weight = constant(new Int8Array(size * size).fill(127), [size, size]);
  const product = int8Linear(
    input("x", [1, size]),
    { forward: weight, forwardScale: scale, backward: weight, backwardScale: scale },
    constant(new Float32Array(size), [size]),
  );
  const session = await InferenceSession.create(toOnnx({ product }).bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const results = await session.run({ x: new Tensor("float32", ones(size), [1, size]) });
  await session.release();
  return Number(results.product.data[0]) < 0.9 * size;
}
