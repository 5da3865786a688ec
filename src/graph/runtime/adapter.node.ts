/** Names of graphics adapters, from the system: ONNX Runtime does not tell which one it took. */

import { basename } from "node:path";
import { linesOf, programOutput } from "../../platform/systemProgram.node.ts";
import { isProcessor } from "../target.ts";

const unknown = "unknown";

/** The adapter that a provider runs on: its name, "unknown", or "unknown, one of" several; undefined for the processor. */
export async function adapterOf(provider: string): Promise<string | undefined> {
  return isProcessor(provider) ? undefined : adapterText(await adapterNames(provider));
}

/** One name, or what is known of several. */
export function adapterText(names: readonly string[]): string {
  const [first, ...others] = new Set(names);
  if (first === undefined) return unknown;
  return others.length === 0 ? first : `${unknown}, one of ${[first, ...others].join("; ")}`;
}

async function adapterNames(provider: string): Promise<readonly string[]> {
  if (provider === "cuda" || provider === "tensorrt") return nvidiaNames();
  const { platform } = process;
  if (platform === "darwin") return macNames(await programOutput("system_profiler", ["SPDisplaysDataType", "-json"]));
  if (platform === "win32") {
    return linesOf(
      await programOutput("powershell", ["-NoProfile", "-Command", "(Get-CimInstance Win32_VideoController).Name"]),
    );
  }
  const found = vulkanNames(await programOutput("vulkaninfo", ["--summary"]));
  if (found.length > 0) return found;
  // The variables of the Vulkan loader leave one driver, often one in software, which no other source tells.
  const driver = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  return driver === undefined ? nvidiaNames() : driver.split(":").map((file) => `the Vulkan driver ${basename(file)}`);
}

const nvidiaNames = async () =>
  linesOf(await programOutput("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"]));

/** Names in the summary of `vulkaninfo`. */
export const vulkanNames = (summary: string): readonly string[] =>
  [...summary.matchAll(/^\s*deviceName\s*=\s*(.+?)\s*$/gm)].map(([, name]) => name);

/** Names in the JSON of `system_profiler`. */
export const macNames = (json: string): readonly string[] =>
  [...json.matchAll(/"sppci_model"\s*:\s*"([^"]+)"/g)].map(([, name]) => name);
