/** Targets of emission: the kernels for which a graph is written. */

/** Names of the targets. `portable` is for any runtime: ONNX's own operators only. */
export const targetNames = ["cpu", "webgpu", "cuda", "portable"] as const;
/** Name of a target. */
export type TargetName = (typeof targetNames)[number];

/** What a graph is written for. */
export interface Target {
  readonly name: TargetName;
}

/** The targets by name. */
export const targets: Readonly<Record<TargetName, Target>> = {
  cpu: { name: "cpu" },
  webgpu: { name: "webgpu" },
  cuda: { name: "cuda" },
  portable: { name: "portable" },
};

/** Providers of ONNX Runtime with a target of their own; WebAssembly has the kernels of the CPU. */
const targetsOfProviders: ReadonlyMap<string, Target> = new Map<string, Target>([
  ["cpu", targets.cpu],
  ["wasm", targets.cpu],
  ["webgpu", targets.webgpu],
  ["cuda", targets.cuda],
]);

/** The target of graphs for a provider; portable for those whose kernels are not known here. */
export const targetOf = (provider = "cpu"): Target => targetsOfProviders.get(provider) ?? targets.portable;

/** Whether a provider computes on the processor itself, where every operator has a kernel. */
export const isProcessor = (provider: string): boolean => targetOf(provider) === targets.cpu;
