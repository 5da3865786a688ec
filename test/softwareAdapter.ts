/** A graphics adapter in software for ONNX Runtime in Node: SwiftShader, which Debian's Chromium brings. Correct, and slow. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";

const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Whether it is here; tests on it skip, and say so, where it is not. */
export const hasSoftwareAdapter = process.platform === "linux" && existsSync(driver);

if (!hasSoftwareAdapter)
  console.warn(`${driver} is not here (Debian's Chromium): tests on a graphics adapter are skipped`);

/** Environment that makes the Vulkan loader take it. */
export const softwareAdapterEnvironment = { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: tmpdir() } as const;

/** Makes it the adapter of this process, which must not have opened a session on webgpu before. */
export function useSoftwareAdapter(): void {
  Object.assign(process.env, softwareAdapterEnvironment);
}
