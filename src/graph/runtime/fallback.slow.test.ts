/** A provider that would leave nodes to the CPU, on the software adapter. */
import { expect, it } from "vitest";
import { hasSoftwareAdapter, useSoftwareAdapter } from "../../../test/softwareAdapter.ts";
import { toOnnx } from "../onnx.ts";
import { add, logSoftmax, matmul } from "../ops/index.ts";
import { targets } from "../target.ts";
import { input } from "../tensor.ts";
import { openSession } from "./session.node.ts";

it.skipIf(!hasSoftwareAdapter)(
  "is refused with the operators by number, and runs whole when written for it",
  async () => {
    useSoftwareAdapter();
    const x = input("x", [2, 3, 4]);
    const outputs = { y: add(logSoftmax(matmul(x, x, { transB: true })), matmul(x, x, { transB: true, alpha: 2 })) };
    await expect(openSession(toOnnx(outputs), { provider: "webgpu" })).rejects.toMatchObject({
      code: "RUNTIME",
      message:
        "webgpu would leave nodes of this graph to the CPU (2 FusedMatMul, 1 LogSoftmax). Fix: use --provider cpu",
    });
    const session = await openSession(toOnnx(outputs, {}, { target: targets.webgpu }), {
      provider: "webgpu",
      countsNodes: true,
    });
    expect(session.placement?.()).toBeUndefined();
    await session.run({ x: new Float32Array(24).fill(0.5) });
    expect(Object.keys(session.placement?.() ?? {})).toEqual(["webgpu"]);
    await session.dispose();
  },
);
