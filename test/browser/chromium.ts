/** Debian's Chromium for tests of pages, which are skipped without it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const candidates = [process.env.MPA_FER_CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Path of Chromium, or undefined; MPA_FER_CHROMIUM overrides it. */
export const chromiumPath: string | undefined = candidates.find((path) => path !== "" && existsSync(path));

if (chromiumPath === undefined) console.warn("Chromium is not here (MPA_FER_CHROMIUM): tests in a browser are skipped");

/** Flags for WebGPU without a graphics card: slow, but with the same shaders. */
export const softwareGpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--use-vulkan=swiftshader",
  "--enable-features=Vulkan",
];

/** Starts a browser without network requests of its own. */
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
