import { expect, it } from "vitest";
import { countsText, fallbackFailure, openingFailure, runFailure } from "./failures.ts";

it.each([
  ["WebGPU device lost (2): A valid external Instance reference no longer exists.", "RUNTIME", "was lost"],
  ["Dawn: device was removed: DXGI_ERROR_DEVICE_REMOVED", "RUNTIME", "was lost"],
  ["VK_ERROR_DEVICE_LOST", "RUNTIME", "was lost"],
  ["CUDA failure 2: out of memory ; GPU=0", "MEMORY", "memory of webgpu's device"],
  ["Failed to allocate memory for requested buffer of size 25690112", "MEMORY", "memory of webgpu's device"],
  [
    "Failed to download data from buffer. wgpu::MapAsyncStatus value: 3, message: [Invalid Buffer (unlabeled)] is invalid due to a previous error.",
    "MEMORY",
    "memory of webgpu's device",
  ],
  ["Too many storage buffers in shader. Current: 16, Max is 12", "MEMORY", "memory of webgpu's device"],
  [
    "running Cast node. Name:'' Status Message: shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.",
    "RUNTIME",
    "the graphics adapter of webgpu has no half precision (shader-f16). Fix: use --precision fp32",
  ],
  ["a kernel\nfailed", "RUNTIME", "ONNX Runtime failed on webgpu: a kernel failed"],
])("a run that fails with %j is %s", (message, code, text) => {
  const failure = runFailure("webgpu", new Error(message));
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(text);
  expect(failure.message).not.toContain("\n");
});

it("says that there is no adapter, without the lines of the runtime", () => {
  const message = "/onnxruntime_src/…/webgpu_context.cc:136 Failed to get a WebGPU adapter: No supported adapters";
  expect(openingFailure("webgpu", new Error(message)).message).toBe(
    "webgpu found no graphics adapter. Fix: install a graphics driver (npx mpa-fer doctor names what is missing), or use --provider cpu",
  );
});

it("names the operators that would run on the CPU, the most frequent first", () => {
  const left = { LogSoftmax: 3, FusedMatMul: 71 };
  expect(countsText(left)).toBe("71 FusedMatMul, 3 LogSoftmax");
  expect(fallbackFailure("webgpu", left, undefined).message).toBe(
    "webgpu would leave nodes of this graph to the CPU (71 FusedMatMul, 3 LogSoftmax). Fix: use --provider cpu",
  );
});
