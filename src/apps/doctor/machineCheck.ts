/** `doctor` without `--data`: versions, processor, memory, execution providers and the embedded backbone of this machine. */
import { availableParallelism, cpus, totalmem } from "node:os";
import { openBackbone } from "../../clip/backbone.node.ts";
import { defaultBackbone } from "../../clip/backbone.ts";
import { adapterOf } from "../../graph/runtime/adapter.node.ts";
import { checkProviders, type ProviderCheck } from "../../graph/runtime/providerCheck.node.ts";
import { versions } from "../../platform/package.node.ts";

/** Properties of this machine that matter to the package. */
export interface MachineCheck {
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: string;
  readonly threads: number;
  readonly memoryGb: number;
  readonly freeMemoryGb: number;
  /** execution providers of ONNX Runtime that can run a session */
  readonly providers: readonly string[];
  /** names of the graphics adapters that these providers use, where they can be found out */
  readonly adapters: Readonly<Record<string, string>>;
  /** other providers that ONNX Runtime was compiled with, and what each lacks */
  readonly unusableProviders: readonly { readonly provider: string; readonly missing: string }[];
  /** the embedded backbone, verified */
  readonly backbone: { readonly name: string; readonly sha256: string };
}

/** Checks this machine. Throws the errors of opening the embedded backbone. */
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
    adapters: await adaptersOf(checks),
    backbone: { name, sha256 },
  };
}

async function adaptersOf(checks: readonly ProviderCheck[]): Promise<Readonly<Record<string, string>>> {
  const names: Record<string, string> = {};
  for (const { provider, missing } of checks) {
    const name = missing === undefined ? await adapterOf(provider) : undefined;
    if (name !== undefined) names[provider] = name;
  }
  return names;
}

const sorted = (checks: readonly ProviderCheck[]): Pick<MachineCheck, "providers" | "unusableProviders"> => ({
  providers: checks.flatMap(({ provider, missing }) => (missing === undefined ? [provider] : [])),
  unusableProviders: checks.flatMap(({ provider, missing }) => (missing === undefined ? [] : [{ provider, missing }])),
});
