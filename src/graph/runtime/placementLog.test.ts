import { expect, it } from "vitest";
import { isLogLine, nodesOnCpu } from "./placementLog.ts";

const line = (place: string, text: string) =>
  `2026-11-29 00:46:04.565090 [V:onnxruntime:, session_state.cc:1380 ${place}] ${text}`;
const placement = (text: string) => line("VerifyEachNodeIsAssignedToAnEp", text);
const lacks = (operator: string) =>
  line("GetCapability", `webgpu kernel not found in registries for Op type: ${operator} node name: `);

it("counts the nodes that are listed under the CPU, without copies", () => {
  const log = [
    lacks("FusedMatMul"),
    placement("Node placements"),
    placement(" Node(s) placed on [WebGpuExecutionProvider]. Number of nodes: 2"),
    placement("  MatMul (a)"),
    placement("  MemcpyToHost (c)"),
    placement(" Node(s) placed on [CPUExecutionProvider]. Number of nodes: 3"),
    placement("  FusedMatMul ()"),
    placement("  Range (r)"),
    placement("  FusedMatMul (b)"),
    placement("  MemcpyFromHost (d)"),
  ];
  expect(nodesOnCpu(log)).toEqual({ FusedMatMul: 2, Range: 1 });
  expect(log.every(isLogLine)).toBe(true);
});

it("counts what the provider lacks where the CPU has all nodes, and nothing is listed", () => {
  const log = [
    lacks("FusedMatMul"),
    lacks("LogSoftmax"),
    lacks("FusedMatMul"),
    placement(" All nodes placed on [CPUExecutionProvider]. Number of nodes: 3"),
  ];
  expect(nodesOnCpu(log)).toEqual({ FusedMatMul: 2, LogSoftmax: 1 });
});

it("tells nothing where the log does not", () => {
  expect(nodesOnCpu([placement("Node placements"), "an error of the page"])).toBeUndefined();
  expect(isLogLine("an error of the page")).toBe(false);
});
