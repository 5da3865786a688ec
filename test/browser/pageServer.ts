/** The page of `mpa-fer serve`, open in Chromium with a fake camera. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { serveSchema } from "../../src/apps/serve/options.ts";
import { type RunningServer, startServer } from "../../src/apps/serve/server.ts";
import { launchChromium } from "./chromium.ts";

export interface ServedPage {
  readonly url: string;
  readonly browser: Browser;
  readonly server: RunningServer;
  /** folder of the built page */
  readonly pageFolder: string;
  close(): Promise<void>;
}

/** Builds the page and serves it on a free port. */
export async function servePage(options: object, flags: readonly string[] = []): Promise<ServedPage> {
  const pageFolder = await mkdtemp(join(tmpdir(), "page-"));
  await build({
    configFile: join(import.meta.dirname, "../../vite.page.config.ts"),
    logLevel: "error",
    build: { outDir: pageFolder, emptyOutDir: true },
  });
  // The model process is a fork of this one, so it needs a loader for TypeScript.
  if (!process.execArgv.includes("tsx")) process.execArgv.push("--import", "tsx");
  const config = serveSchema.config.parse({ port: 0, quiet: true, threads: 1, ...options });
  const server = await startServer(config, () => undefined, pageFolder);
  const browser = await launchChromium(flags);
  return {
    ...{ url: server.url, browser, server, pageFolder },
    close: async () => {
      await browser.close();
      await server.close();
      await rm(pageFolder, { recursive: true });
    },
  };
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** errors of the console and the page */
  readonly complaints: readonly string[];
}

/** milliseconds */
const patience = 100_000;

/** Opens the page in a new context, switches it to a mode, and waits for the example of a view that reads. */
export async function visit(
  { browser, url }: Pick<ServedPage, "browser" | "url">,
  hash: string,
  mode: "server" | "browser",
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, permissions: ["camera"] });
  // Training may be slow on a busy machine; a missing result still fails.
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  // The view that teaches works in the browser whatever the mode, so its switch does not change it.
  if (hash === "#teach") await context.addInitScript((value) => localStorage.setItem("mpa-fer mode", value), mode);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url + hash);
  await choose(page, mode);
  if (hash === "#read") await page.locator(".example .face").nth(2).waitFor();
  return { context, page, complaints };
}

/** Switches the page to a mode, and waits until its model is ready. */
async function choose(page: Page, mode: "server" | "browser"): Promise<void> {
  await page.locator(".chip.ready, .chip.failed").waitFor();
  await page.locator(".chip").click();
  const isOnDevice = page.getByRole("switch", { name: "Run on your device" });
  if ((await isOnDevice.getAttribute("aria-checked")) !== String(mode === "browser")) await isOnDevice.click();
  await page.keyboard.press("Escape");
  await answering(page, mode);
}

/** Waits until the page names its engine, and returns what its popover says about it. */
export async function answering(page: Page, mode: "server" | "browser"): Promise<string> {
  const where = mode === "server" ? "On your server" : "On your device";
  await page.locator(".chip.ready").filter({ hasText: where }).waitFor();
  await page.locator(".chip").click();
  const text = await page.locator("#model-details").textContent();
  await page.keyboard.press("Escape");
  return text ?? "";
}
