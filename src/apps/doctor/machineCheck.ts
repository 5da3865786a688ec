/** `doctor` without `--data`: versions, processor, memory, execution providers and the embedded backbone of this machine. */
import { availableParallelism, cpus, totalmem } from "node:os";
import { openBackbone } from "../../clip/backbone.node.ts";
import { defaultBackbone } from "../../clip/backbone.ts";
import { checkProviders, type ProviderCheck } from "../../graph/runtime/providerCheck.node.ts";
import { versions } from "../../platform/package.node.ts";

export interface MachineCheck {
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: string;
  readonly threads: number;
  readonly memoryGb: number;
  readonly freeMemoryGb: number;
  /** of ONNX Runtime, those that a session opened and ran with */
  readonly providers: readonly string[];
  /** those that it was compiled with beside them, and what each lacks */
  readonly unusableProviders: readonly { readonly provider: string; readonly missing: string }[];
  /** the embedded backbone, opened and checked */
  readonly backbone: { readonly name: string; readonly sha256: string };
}

export async function checkMachine(): Promise<MachineCheck> {
  const { name, sha256 } = await openBackbone(defaultBackbone);
  const checks = await checkProviders();
  const gigabytes = (bytes: number) => Math.round(bytes / 1e8) / 10;
  return {
    versions: versions(),
    processor: cpus()[0]?.model ?? "unknown",
    threads: availableParallelism(),
    memoryGb: gigabytes(totalmem()),
    freeMemoryGb: gigabytes(process.availableMemory()),
    ...sorted(checks),
    backbone: { name, sha256 },
  };
}

const sorted = (checks: readonly ProviderCheck[]): Pick<MachineCheck, "providers" | "unusableProviders"> => ({
  providers: checks.flatMap(({ provider, missing }) => (missing === undefined ? [provider] : [])),
  unusableProviders: checks.flatMap(({ provider, missing }) => (missing === undefined ? [] : [{ provider, missing }])),
});
