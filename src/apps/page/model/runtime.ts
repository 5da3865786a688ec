/// <reference types="vite/client" />
/** WebAssembly of ONNX Runtime, served gzipped: uncompressed it would be larger than the rest of the package. */
import webgpu from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { fetchBytes } from "../../../clip/backbone.web.ts";
import { builds, type WebProvider } from "../../../graph/runtime/session.web.ts";
import type { ProgressReporter } from "../../../platform/context.ts";

/** URLs of the files that `vite.page.config.ts` compresses. */
const files: Readonly<Record<WebProvider, string>> = { wasm, webgpu };

/** Sets the WebAssembly of a provider; call it once, before its first session. Throws NOT_FOUND, NETWORK. */
export async function unpackRuntime(provider: WebProvider, progress: ProgressReporter): Promise<void> {
  const runtime = await builds[provider]();
  runtime.env.wasm.wasmBinary ??= await unpacked(new URL(`${files[provider]}.gz`, location.href), progress);
}

async function unpacked(address: URL, progress: ProgressReporter): Promise<ArrayBuffer> {
  const bytes = await fetchBytes(address, { progress });
  // Some servers declare the file as a content encoding, and the browser has decompressed it already.
  if (bytes[0] !== gzipStart) return bytes.buffer;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** First byte of a gzip file (RFC 1952, section 2.3.1); WebAssembly starts with 0. */
const gzipStart = 0x1f;
