/** Graphics adapters of this machine with their memory, from the system: ONNX Runtime lists neither. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { vulkanNames } from "../../graph/runtime/adapter.node.ts";
import { parseJson } from "../../platform/files.node.ts";
import { linesOf, programOutput } from "../../platform/systemProgram.node.ts";

/** A graphics adapter. */
export interface GraphicsAdapter {
  readonly name: string;
  /** its own memory; absent if it shares the machine's, or cannot be found out */
  readonly memoryBytes?: number;
}

/** Adapters that the system's own programs and files tell of; empty where they tell of none. */
export async function graphicsAdapters(platform: NodeJS.Platform = process.platform): Promise<GraphicsAdapter[]> {
  if (platform === "darwin")
    return macAdapters(await programOutput("system_profiler", ["SPDisplaysDataType", "-json"]));
  const nvidia = nvidiaAdapters(
    await programOutput("nvidia-smi", ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]),
  );
  if (platform === "win32") {
    const query = "Get-CimInstance Win32_VideoController | Select-Object -ExpandProperty Name";
    const names = linesOf(await programOutput("powershell", ["-NoProfile", "-Command", query])).map((name) => ({
      name,
    }));
    return [...nvidia, ...names.filter(({ name }) => !nvidia.some((other) => other.name === name))];
  }
  const vulkan = vulkanNames(await programOutput("vulkaninfo", ["--summary"])).map((name) => ({ name }));
  const others = vulkan.filter(({ name }) => !nvidia.some((other) => other.name === name));
  return others.length + nvidia.length > 0 ? [...nvidia, ...others] : await amdAdapters("/sys/class/drm");
}

const mebibyte = 2 ** 20;

/** Adapters in the CSV of `nvidia-smi`: name, MiB. */
export const nvidiaAdapters = (csv: string): GraphicsAdapter[] =>
  linesOf(csv).flatMap((line) => {
    const [, name, memory] = /^(.+), *(\d+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, memoryBytes: Number(memory) * mebibyte }];
  });

const displaysSchema = z.object({
  SPDisplaysDataType: z.array(z.object({ sppci_model: z.string(), spdisplays_vram: z.string().optional() })),
});

/** Adapters in the JSON of `system_profiler`; those of Apple's own processors share the machine's memory. */
export function macAdapters(json: string): GraphicsAdapter[] {
  const found = displaysSchema.safeParse(json === "" ? undefined : parseJson(json, "system_profiler", "RUNTIME"));
  if (!found.success) return [];
  return found.data.SPDisplaysDataType.map(({ sppci_model: name, spdisplays_vram: memory = "" }) => {
    const [, count, unit] = /^(\d+) (GB|MB)$/.exec(memory) ?? [];
    return { name, ...(count !== undefined && { memoryBytes: Number(count) * mebibyte * (unit === "GB" ? 1024 : 1) }) };
  });
}

/** AMD's adapters, from the files of Linux's driver in `folder`. */
export async function amdAdapters(folder: string): Promise<GraphicsAdapter[]> {
  if (!existsSync(folder)) return [];
  const cards = (await readdir(folder)).filter((name) => /^card\d+$/.test(name)).sort();
  const files = cards.map((card) => join(folder, card, "device", "mem_info_vram_total")).filter(existsSync);
  return Promise.all(
    files.map(async (file) => ({ name: "AMD graphics", memoryBytes: Number(await readFile(file, "utf8")) })),
  );
}
