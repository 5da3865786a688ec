/** Package information: bundled files, versions, machine, and optional dependencies. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { MpaError } from "./errors.ts";

/** The absolute path of a file in this package; `path` is relative to the package folder. */
export const packageFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const versionIn = (path: string): string => JSON.parse(readFileSync(path, "utf8")).version;

/** The version of this package. */
export const packageVersion = (): string => versionIn(packageFile("package.json"));

/** Versions of this package, Node and ONNX Runtime. */
export function versions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  return {
    "mpa-fer": packageVersion(),
    node: process.versions.node,
    "onnxruntime-node": versionIn(require.resolve("onnxruntime-node/package.json")),
  };
}

/** The SHA-256 digest in hexadecimal. */
export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** Properties of this machine on which rounding may depend. */
export const machine = () => ({ arch: arch(), processor: cpus()[0]?.model ?? "unknown" });

/** Loads an optional package, or a module that needs it. Throws RUNTIME if it cannot be loaded. */
export async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new MpaError("RUNTIME", `the package ${name} is not installed`, { fix: `npm install ${name}`, cause });
  }
}
