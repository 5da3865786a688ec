/** Whether a provider computes in half precision. */

import { MpaError } from "../../platform/errors.ts";
import { toOnnx } from "../onnx.ts";
import { add, cast } from "../ops/index.ts";
import { targetOf } from "../target.ts";
import { input } from "../tensor.ts";
import { openSession } from "./session.node.ts";

/** Targets with kernels of half precision; the processor has none, and would convert before and after every node. */
const halfTargets: ReadonlySet<string> = new Set(["webgpu", "cuda"]);

/**
 * Throws RUNTIME where a provider does not compute in half precision: the processor, a provider whose kernels are not known, and a
 * graphics adapter without it, on which a sum is tried.
 */
export async function requireHalf(provider: string): Promise<void> {
  const target = targetOf(provider);
  if (!halfTargets.has(target.name)) {
    const what = `${provider} has no fast products in half precision (--precision fp16)`;
    throw new MpaError("RUNTIME", what, { fix: "use --precision fp32, or --provider webgpu or cuda" });
  }
  const half = cast(input("x", [4]), "float16");
  const session = await openSession(toOnnx({ out: cast(add(half, half), "float32") }, {}, { target }), { provider });
  await session.run({ x: new Float32Array(4) }).finally(() => session.dispose());
}
