/** What the system tells of a graphics device while work runs on it: the driver's version, and the growth of its memory. */
import { spawn } from "node:child_process";
import { programOutput } from "../../platform/systemProgram.node.ts";

/** Watches the memory of NVIDIA's cards until it is stopped. */
export interface MemoryWatch {
  /** Returns the largest growth of the memory in use on one card, MiB; undefined where `nvidia-smi` tells none. */
  stop(): Promise<number | undefined>;
}

/** Milliseconds between two readings. */
const interval = 200;

/** Starts reading in a process of its own, since a run of a session blocks this one's events. */
export function watchMemory(): MemoryWatch {
  const query = ["--query-gpu=index,memory.used", "--format=csv,noheader,nounits", `-lms=${interval}`];
  const child = spawn("nvidia-smi", query, { stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
  let lines = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    lines += text;
  });
  const closed = new Promise<void>((resolve) => {
    // Without nvidia-smi there is an error and no reading.
    child.once("error", () => resolve()).once("close", () => resolve());
  });
  return {
    stop: async () => {
      child.kill();
      await closed;
      return memoryGrowth(lines);
    },
  };
}

/** The largest growth over a card's first reading, of lines "index, MiB in use". */
export function memoryGrowth(lines: string): number | undefined {
  const first = new Map<string, number>();
  let growth: number | undefined;
  for (const [, card, used] of lines.matchAll(/^\s*(\d+),\s*(\d+)\s*$/gm)) {
    const before = first.get(card) ?? Number(used);
    first.set(card, before);
    growth = Math.max(growth ?? 0, Number(used) - before);
  }
  return growth;
}

/** The driver of NVIDIA's card, or those of the Vulkan loader; undefined where neither tells it. */
export async function driverOf(): Promise<string | undefined> {
  const [nvidia] = (await programOutput("nvidia-smi", ["--query-gpu=driver_version", "--format=csv,noheader"])).split(
    "\n",
  );
  if (nvidia.trim() !== "") return `NVIDIA ${nvidia.trim()}`;
  return vulkanDriver(await programOutput("vulkaninfo", ["--summary"]));
}

/** Names and versions of the drivers in the summary of `vulkaninfo`. */
export function vulkanDriver(summary: string): string | undefined {
  const found = (field: string) =>
    [...summary.matchAll(new RegExp(`^\\s*${field}\\s*=\\s*(.+?)\\s*$`, "gm"))].map(([, value]) => value);
  const versions = found("driverInfo");
  const drivers = found("driverName").map((name, i) => (i < versions.length ? `${name} ${versions[i]}` : name));
  return drivers.length === 0 ? undefined : [...new Set(drivers)].join("; ");
}
