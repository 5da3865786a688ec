/** This package: its files and version, the versions and the machine that it runs on, and its optional packages. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { MpaError } from "./errors.ts";

/** The path of a file of the package, given relative to the package's folder. */
export const packageFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const versionIn = (path: string): string => JSON.parse(readFileSync(path, "utf8")).version;

/** The version of this package. */
export const packageVersion = (): string => versionIn(packageFile("package.json"));

/** Versions of this package, Node and ONNX Runtime, for records. */
export function versions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  return {
    "mpa-fer": packageVersion(),
    node: process.versions.node,
    "onnxruntime-node": versionIn(require.resolve("onnxruntime-node/package.json")),
  };
}

/** SHA-256 in hexadecimal digits. */
export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** The machine, as far as bits may depend on it. */
export const machine = () => ({ arch: arch(), processor: cpus()[0]?.model ?? "unknown" });

/** Loads an optional package. Throws RUNTIME where it is not installed. */
export async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const fix = "npm install bullmq ioredis s3mini beside mpa-fer";
    throw new MpaError("RUNTIME", `the package ${name} is not installed`, { fix, cause });
  }
}
