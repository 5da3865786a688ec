import { defineConfig } from "vite";

// Isolated pages may use threads.
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  worker: {
    format: "es",
    // Each thread of WebAssembly loads the runtime's file again: it must not share a helper with the worker's own code.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /rolldown.runtime/ }] } } },
  },
  server: { headers },
  preview: { headers },
  // The runtime finds its WebAssembly beside itself.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
});
