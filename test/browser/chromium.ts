/** Debian's Chromium, for tests of pages; they skip, and say so, where there is none. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const candidates = [process.env.MPA_FER_CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Its path, or undefined. Set MPA_FER_CHROMIUM to another one. */
export const chromiumPath: string | undefined = candidates.find((path) => path !== "" && existsSync(path));

if (chromiumPath === undefined) console.warn("Chromium is not here (MPA_FER_CHROMIUM): tests in a browser are skipped");

/** WebGPU without a graphics card; slow, but the same shaders. */
export const softwareGpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--use-vulkan=swiftshader",
  "--enable-features=Vulkan",
];

/** A browser that asks nothing of the network by itself. */
export const launchChromium = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      ...flags,
    ],
  });
