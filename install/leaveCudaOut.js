/**
 * npm runs this before any install script of the packages that come with this one. That of onnxruntime-node downloads CUDA's
 * files from NuGet, hundreds of megabytes, and the whole installation fails where NuGet cannot be reached. It leaves be what is
 * there already: so where nobody asked for those files, empty ones are put in their places. Asking for them writes over these
 * (docs/gpu.md). Plain JavaScript, for in a checkout it runs before anything is built.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const { env, platform, arch } = process;
const wishes = [
  env.ONNXRUNTIME_NODE_INSTALL,
  env.npm_config_onnxruntime_node_install,
  env.ONNXRUNTIME_NODE_INSTALL_CUDA,
  env.npm_config_onnxruntime_node_install_cuda,
];

try {
  if (!wishes.some((wish) => wish)) leaveCudaOut();
} catch {
  // No onnxruntime-node yet, or another one than is known here: its own script does what it does.
}

function leaveCudaOut() {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve("onnxruntime-node/package.json"));
  const { requirements, manifests } = require("onnxruntime-node/script/install-metadata.js");
  const folder = join(root, "bin/napi-v6", platform, arch);
  for (const name of requirements[`${platform}/${arch}`]) {
    for (const file of Object.keys(manifests[`${platform}/${arch}:${name}`])) reserve(join(folder, file));
  }
}

/** @param {string} file */
function reserve(file) {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, "", { flag: "wx" });
  } catch {
    // The real one is there.
  }
}
