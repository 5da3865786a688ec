/** `doctor` without data: what this machine can run. */
import { availableParallelism, cpus, totalmem } from "node:os";
import { defaultBackbone } from "../model/backbone.ts";
import { openBackbone } from "../model/openBackbone.ts";
import { versions } from "../packageInfo.ts";
import { providers } from "../runtime/node.ts";

export interface MachineCheck {
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: string;
  readonly threads: number;
  readonly memoryGb: number;
  readonly freeMemoryGb: number;
  /** of ONNX Runtime */
  readonly providers: readonly string[];
  /** the embedded backbone, opened and checked */
  readonly backbone: { readonly name: string; readonly sha256: string };
}

export async function checkMachine(): Promise<MachineCheck> {
  const { name, sha256 } = await openBackbone(defaultBackbone);
  const gigabytes = (bytes: number) => Math.round(bytes / 1e8) / 10;
  return {
    versions: versions(),
    processor: cpus()[0]?.model ?? "unknown",
    threads: availableParallelism(),
    memoryGb: gigabytes(totalmem()),
    freeMemoryGb: gigabytes(process.availableMemory()),
    providers: providers(),
    backbone: { name, sha256 },
  };
}
