/** The library for browsers as one file; the runtime stays a package of its own. */
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist/browser",
    target: "es2023",
    lib: { entry: "src/browser.ts", formats: ["es"], fileName: "index" },
    minify: true,
    rolldownOptions: { external: /^onnxruntime-web/, checks: { bundlerTimings: false } },
  },
});
