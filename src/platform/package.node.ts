/** The package that runs: its own files, its version and those of what it needs, the machine it runs on. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { MpaError } from "./errors.ts";

/** A file of the package, from its path below the package's folder. */
export const packageFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const versionIn = (path: string): string => JSON.parse(readFileSync(path, "utf8")).version;

/** The version of this package. */
export const packageVersion = (): string => versionIn(packageFile("package.json"));

/** What ran: this package, Node, ONNX Runtime. */
export function versions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  return {
    "mpa-fer": packageVersion(),
    node: process.versions.node,
    "onnxruntime-node": versionIn(require.resolve("onnxruntime-node/package.json")),
  };
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** What computed, as far as bits may depend on it. */
export const machine = () => ({ arch: arch(), processor: cpus()[0]?.model ?? "unknown" });

/** Loads an optional package, or a file that needs it. Throws RUNTIME where it is not installed. */
export async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new MpaError("RUNTIME", `the package ${name} is not installed`, { fix: `npm install ${name}`, cause });
  }
}
