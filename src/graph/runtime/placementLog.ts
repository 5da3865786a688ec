/** The nodes that ONNX Runtime would place on the CPU, from what it logs while it opens a session. */
import type { NodeCounts } from "./failures.ts";

/** Whether a line is one of ONNX Runtime's log. */
export const isLogLine = (line: string): boolean => /\[[VIWEF]:onnxruntime/.test(line);

/**
 * Counts the nodes that the CPU would run, by operator; undefined where the log does not tell them. It lists the nodes of each provider,
 * but only their number where all are on one: then the operators that the other provider said it lacks count.
 */
export function nodesOnCpu(log: readonly string[]): NodeCounts | undefined {
  const placed: string[] = [];
  const lacking: string[] = [];
  let isCpu = false;
  for (const line of log) {
    const lacks = /kernel not found in registries for Op type: (\w+)/.exec(line);
    if (lacks !== null) lacking.push(lacks[1]);
    const [, text] = /VerifyEachNodeIsAssignedToAnEp\]\s*(.*)/.exec(line) ?? [];
    if (text === undefined) continue;
    const provider = /placed on \[(\w+)\]/.exec(text);
    const [, operator] = /^(\w+) \(/.exec(text) ?? [];
    if (provider !== null) isCpu = provider[1] === "CPUExecutionProvider";
    // Copies between memories are no nodes of the graph.
    else if (isCpu && operator !== undefined && !operator.startsWith("Memcpy")) placed.push(operator);
  }
  const operators = placed.length > 0 ? placed : lacking;
  return operators.length === 0 ? undefined : counted(operators);
}

function counted(names: readonly string[]): NodeCounts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
