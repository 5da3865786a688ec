/** Which of the providers that ONNX Runtime was compiled with work on this machine. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { toOnnx } from "../onnx.ts";
import { add } from "../ops/index.ts";
import { input } from "../tensor.ts";
import { lacksAdapter } from "./failures.ts";
import { providers } from "./session.node.ts";

export interface ProviderCheck {
  readonly provider: string;
  /** what is missing, in one line; absent where a session opened and ran */
  readonly missing?: string;
}

/** Opens and runs a session of one addition with each provider of this build. */
export const checkProviders = (): Promise<ProviderCheck[]> =>
  Promise.all(
    providers().map(async (provider) => {
      const missing = await missingFor(provider);
      return { provider, ...(missing !== undefined && { missing }) };
    }),
  );

/** Milliseconds that drivers have to start. */
const patience = 30_000;

/**
 * What keeps a provider from working. The session is opened in a process of its own: drivers may end theirs, and the name of
 * a library that is missing is only printed.
 */
function missingFor(provider: string): Promise<string | undefined> {
  const runtime = createRequire(import.meta.url).resolve("onnxruntime-node");
  const x = input("x", [1]);
  const model = Buffer.from(toOnnx({ y: add(x, x) }).bytes).toString("base64");
  const args = ["-e", script, runtime, provider, model];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: patience, windowsHide: true }, (error, stdout, stderr) => {
      resolve(error === null ? undefined : reasonOf(provider, `${stdout}\n${stderr}`, error.killed === true));
    });
  });
}

const script = `
const [runtime, provider, model] = process.argv.slice(1);
const { InferenceSession, Tensor } = require(runtime);
InferenceSession.create(Buffer.from(model, "base64"), { executionProviders: [provider] })
  .then((session) => session.run({ x: new Tensor("float32", [1], [1]) }))
  .then(() => process.exit(0), (error) => { console.log(error.message); process.exit(1); });
`;

/** The line of the runtime's output that names what is missing, without paths of the machine that it was built on. */
export function reasonOf(provider: string, output: string, timedOut = false): string {
  if (timedOut) return `no answer within ${patience / 1000} s`;
  const library = (notOpened.exec(output) ?? notLoaded.exec(output))?.[1];
  const where = provider === "webgpu" ? "a graphics driver" : "drivers and libraries of the graphics card";
  const adapter = lacksAdapter(output) ? "no graphics adapter" : undefined;
  const said = [adapter, library && `the library ${library} cannot be loaded`].filter((part) => part !== undefined);
  if (said.length > 0) return `${said.join("; ")} (needs ${where})`;
  const line = output.split("\n").find((text) => text.trim() !== "");
  return line === undefined ? "its process ended without a word" : line.trim().slice(0, 200);
}

/** `libcuda.so.1: cannot open shared object file` of Linux, and `file too short` of the empty files of `install/leaveCudaOut.js`. */
const notOpened = /([\w.+-]+\.so(?:\.\d+)*): (?:cannot open|file too short)/;
/** `… Error loading "C:\…\onnxruntime_providers_cuda.dll" which is missing`, and what else names a library on a line that says so. */
const notLoaded = /([\w.+-]+\.(?:so(?:\.\d+)*|dll|dylib))\b[^\n]*(?:is missing|not found|could not be|no such file)/i;
