/** Opens test/browser/index.html in Chromium, bundled like a user's page. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { build, preview } from "vite";
import { launchChromium } from "./chromium.ts";

export interface TestPage {
  readonly page: Page;
  /** errors of the console and the page */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Headers for cross-origin isolation, which WebAssembly threads require. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export async function openTestPage(flags: readonly string[] = []): Promise<TestPage> {
  const outDir = await mkdtemp(join(tmpdir(), "test-page-"));
  const publicDir = join(import.meta.dirname, "../../models");
  const common = { root: import.meta.dirname, publicDir, configFile: false, logLevel: "error" } as const;
  await build({ ...common, build: { outDir, target: "es2023", minify: false } });
  const server = await preview({ ...common, build: { outDir }, preview: { port: 0, host: "127.0.0.1", headers } });
  const browser = await launchChromium(flags);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await page.waitForFunction(() => "inBrowser" in window);
  return {
    page,
    complaints,
    close: async () => {
      await browser.close();
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
