/**
 * Builds a folder that measures a graphics card on a Linux x64 machine without a network:
 *
 *   npm run bench:card-folder -- --out card [--node FILE] [--cuda DIR]
 *
 * It has Node, the built package with what it depends on, ONNX Runtime for WebGPU, and PyTorch's step; from --cuda also ONNX Runtime's
 * CUDA libraries (of the same version: docs/gpu.md, CUDA). It comes in pieces of at most 60 MB beside `unpack.sh`, which checks them.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { openTokenizer } from "../../src/clip/tokenizer/tokenizerFile.ts";
import { cudaFiles, isLeftOut, peerTexts } from "./contents.ts";
import { writePieces } from "./pieces.ts";

const { values: flags } = parseArgs({
  options: {
    out: { type: "string", default: "card" },
    node: { type: "string", default: process.execPath },
    cuda: { type: "string" },
    "piece-size": { type: "string", default: "60000000" },
  },
});
const root = join(import.meta.dirname, "../..");
const name = "mpa-fer-card";
const staging = await mkdtemp(join(tmpdir(), "mpa-fer-card-"));
try {
  const folder = join(staging, name);
  await mkdir(folder);
  await cp(flags.node, join(folder, "node"));
  await copyPackage(join(folder, "app"));
  await copyCuda(join(folder, "app"));
  await copyPeer(join(folder, "peers"));
  await cp(join(import.meta.dirname, "run.sh"), join(folder, "run.sh"));
  await mkdir(flags.out, { recursive: true });
  const pieces = await writePieces(staging, name, flags.out, Number(flags["piece-size"]));
  await cp(join(import.meta.dirname, "unpack.sh"), join(flags.out, "unpack.sh"));
  for (const { name: piece, bytes } of pieces) console.log(`${piece}  ${(bytes / 1e6).toFixed(1)} MB`);
} finally {
  await rm(staging, { recursive: true, force: true });
}

/** The built package, and the packages that it depends on at their places. */
async function copyPackage(to: string): Promise<void> {
  for (const part of ["package.json", "dist", "models"])
    await cp(join(root, part), join(to, part), { recursive: true });
  const listed = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: root, encoding: "utf8" });
  const modules = await realpath(join(root, "node_modules"));
  const places = listed.split("\n").filter((line) => line.includes("/node_modules/"));
  for (const place of places) {
    const from = await realpath(place);
    const target = join(to, "node_modules", relative(modules, from));
    await cp(from, target, { recursive: true, filter: (file) => !isLeftOut(relative(modules, file)) });
  }
}

async function copyCuda(app: string): Promise<void> {
  if (flags.cuda === undefined) {
    console.log("without CUDA's libraries: --cuda DIR takes them along");
    return;
  }
  const to = join(app, "node_modules/onnxruntime-node/bin/napi-v6/linux/x64");
  for (const file of cudaFiles) {
    const from = join(flags.cuda, file);
    // An empty file is a placeholder of install/leaveCudaOut.js.
    if ((await stat(from)).size === 0) throw new Error(`${from} is empty`);
    await cp(from, join(to, file));
  }
}

/** PyTorch's step with the tokens of its texts, so that it needs no tokenizer. */
async function copyPeer(to: string): Promise<void> {
  const files = ["bench/peers/train_step.py", "bench/peers/mpa_torch.py", "tools/fixtures/formula.py"];
  for (const file of files) await cp(join(root, file), join(to, file));
  const folder = join(root, "models/faceclip-mini");
  const { sot, eot, pad, encode } = await openTokenizer({
    where: (file) => join(folder, file),
    read: (file) => readFile(join(folder, file), "utf8").catch(() => undefined),
  });
  const texts = Object.fromEntries(peerTexts.map((text) => [text, encode(text)]));
  await writeFile(join(to, "tokens.json"), JSON.stringify({ start: sot, end: eot, pad, texts }));
}
