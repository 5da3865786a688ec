import { expect, it } from "vitest";
import { toOnnx } from "../onnx.ts";
import { add } from "../ops/index.ts";
import { input } from "../tensor.ts";
import { checkProviders, reasonOf } from "./providerCheck.node.ts";
import { openSession, providers } from "./session.node.ts";

it("reports for each provider of the build whether a session opens", async () => {
  const checks = await checkProviders();
  expect(checks.map(({ provider }) => provider)).toEqual(providers());
  expect(checks.find(({ provider }) => provider === "cpu")).toEqual({ provider: "cpu" });
  const x = input("x", [1]);
  for (const { provider, missing } of checks) {
    const opened = openSession(toOnnx({ y: add(x, x) }), { provider });
    if (missing === undefined) await (await opened).dispose();
    else await expect(opened).rejects.toMatchObject({ code: "RUNTIME" });
    expect(missing ?? "").not.toMatch(/\n|onnxruntime_src/);
  }
});

it.each([
  [
    "cuda",
    "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library\n[E:] Failed to load library /a/b/libonnxruntime_providers_shared.so with error: libonnxruntime_providers_shared.so: cannot open shared object file: No such file or directory",
    "the library libonnxruntime_providers_shared.so cannot be loaded (needs drivers and libraries of the graphics card)",
  ],
  [
    "cuda",
    "Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file",
    "the library libcublasLt.so.12 cannot be loaded (needs drivers and libraries of the graphics card)",
  ],
  [
    "cuda",
    "[E:onnxruntime:] Failed to load library /a/libonnxruntime_providers_cuda.so with error: /a/libonnxruntime_providers_cuda.so: file too short",
    "the library libonnxruntime_providers_cuda.so cannot be loaded (needs drivers and libraries of the graphics card)",
  ],
  [
    "webgpu",
    "webgpu_context.cc:136 was false. Failed to get a WebGPU adapter: No supported adapters\nWarning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file",
    "no graphics adapter; the library libvulkan.so.1 cannot be loaded (needs a graphics driver)",
  ],
  ["dml", "\nsome other trouble\nmore", "some other trouble"],
  ["dml", "", "its process ended without a word"],
])("names what %s lacks", (provider, output, reason) => {
  expect(reasonOf(provider, output)).toBe(reason);
});

it("has a timeout", () => {
  expect(reasonOf("cuda", "", true)).toBe("no answer within 30 s");
});
