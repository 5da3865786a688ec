/// <reference types="vite/client" />
/** ONNX Runtime's WebAssembly, which lies gzipped beside the page: as it is, it would be more than the rest of the package. */
import webgpu from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { fetchBytes } from "../../../clip/backbone.web.ts";
import { builds, type WebProvider } from "../../../graph/runtime/session.web.ts";
import type { ProgressReporter } from "../../../platform/context.ts";

/** The addresses that `vite.page.config.ts` packs. */
const files: Readonly<Record<WebProvider, string>> = { wasm, webgpu };

/** Gives a provider's build its WebAssembly, once; before the first session of that provider. Throws NOT_FOUND, NETWORK. */
export async function unpackRuntime(provider: WebProvider, progress: ProgressReporter): Promise<void> {
  const runtime = await builds[provider]();
  runtime.env.wasm.wasmBinary ??= await unpacked(new URL(`${files[provider]}.gz`, location.href), progress);
}

async function unpacked(address: URL, progress: ProgressReporter): Promise<ArrayBuffer> {
  const bytes = await fetchBytes(address, { progress });
  // Some servers declare such a file as an encoding, and the browser has unpacked it already.
  if (bytes[0] !== gzipStart) return bytes.buffer;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** RFC 1952, section 2.3.1; WebAssembly starts with 0. */
const gzipStart = 0x1f;
