/** Failures of ONNX Runtime as errors of one line that say what to do. */

import { commandText } from "../../platform/command.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { isProcessor } from "../target.ts";

/** Whether a message of the runtime says that there is no graphics adapter. */
export const lacksAdapter = (message: string): boolean => noAdapter.test(message);

/** Whether the runtime refused a graph because some of its nodes would run on the CPU. */
export const isFallbackRefused = (error: unknown): boolean => fallbackRefused.test(messageOf(error));

/** Number of nodes by operator. */
export type NodeCounts = Readonly<Record<string, number>>;

/** "71 FusedMatMul, 3 LogSoftmax", the most frequent first. */
export const countsText = (counts: NodeCounts): string =>
  Object.entries(counts)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([operator, count]) => `${count} ${operator}`)
    .join(", ");

/** RUNTIME: a provider that would leave nodes to the CPU; `left` are those nodes, where they are known. */
export function fallbackFailure(provider: string, left: NodeCounts | undefined, cause: unknown): MpaError {
  const nodes = left === undefined ? "" : ` (${countsText(left)})`;
  const what = `${provider} would leave nodes of this graph to the CPU${nodes}`;
  return new MpaError("RUNTIME", what, { fix: `use ${processor(provider)}`, cause });
}

/** RUNTIME or MEMORY for a session that could not be opened. */
export function openingFailure(provider: string, error: unknown, where?: string): MpaError {
  const known = knownFailure(provider, error);
  if (known !== undefined) return known;
  const message = messageOf(error);
  if (lacksAdapter(message)) {
    const fix = `install a graphics driver (${commandText("doctor")} names what is missing), or use ${processor(provider)}`;
    return new MpaError("RUNTIME", `${provider} found no graphics adapter`, { fix, cause: error });
  }
  const fix = message.includes("Failed to load shared library")
    ? `install the libraries of ${provider}; ${commandText("doctor")} names the first that is missing (docs/gpu.md)`
    : undefined;
  return new MpaError("RUNTIME", `ONNX Runtime refused the graph: ${message}`, { where, fix, cause: error });
}

/** RUNTIME or MEMORY for a run that failed. */
export const runFailure = (provider: string, error: unknown): MpaError =>
  knownFailure(provider, error) ??
  new MpaError("RUNTIME", `ONNX Runtime failed on ${provider}: ${messageOf(error)}`, { cause: error });

function knownFailure(provider: string, error: unknown): MpaError | undefined {
  if (error instanceof MpaError) return error;
  const message = messageOf(error);
  if (deviceLost.test(message)) {
    const fix = "look for a fault or a restart of its driver, then run again";
    return new MpaError("RUNTIME", `the graphics device of ${provider} was lost`, { fix, cause: error });
  }
  if (lacksHalf.test(message)) {
    const what = `the graphics adapter of ${provider} has no half precision (shader-f16)`;
    return new MpaError("RUNTIME", what, { fix: "use --precision fp32", cause: error });
  }
  if (!outOfMemory.test(message)) return undefined;
  const owner = isProcessor(provider) ? "" : ` of ${provider}'s device`;
  return new MpaError("MEMORY", `the memory${owner} does not hold this graph`, {
    fix: "use a smaller batch or backbone",
    cause: error,
  });
}

/** The option of what always works: WebAssembly in browsers, which have no command line, else the CPU. */
const processor = (provider: string): string =>
  "document" in globalThis || "WorkerGlobalScope" in globalThis ? `wasm in place of ${provider}` : "--provider cpu";

const noAdapter = /no supported adapters|failed to get a webgpu adapter/i;
const lacksHalf = /requires f16 but the device does not support it/i;
const fallbackRefused = /fallback to CPU EP has been explicitly disabled/;
const deviceLost = /device[ _]?(?:is |was |has been )?(?:lost|hung|removed)/i;
/** Besides plain words: Dawn calls what failed to be allocated an invalid buffer, and tensors over its limit of a binding take several. */
const outOfMemory =
  /out of memory|out_of_memory|failed to allocate|memoryallocation|is invalid due to a previous error|too many storage buffers|exceeds? the max(?:imum)? (?:storage )?buffer/i;
