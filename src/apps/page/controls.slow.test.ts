/** The page's controls in Chromium: their names, keyboard, phone and dark mode, what is disabled when, and the size of the page. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seriousFaults } from "../../../test/browser/axe.ts";
import { chromiumPath } from "../../../test/browser/chromium.ts";
import { makePageFolder, type PageFolder } from "../../../test/browser/pageFolder.ts";
import { answering, type ServedPage, servePage, visit } from "../../../test/browser/pageServer.ts";
import { serveSchema } from "../serve/options.ts";
import { startServer } from "../serve/server.ts";

describe.skipIf(chromiumPath === undefined)("controls of the page", () => {
  let folder: PageFolder;
  let served: ServedPage;

  beforeAll(async () => {
    folder = await makePageFolder(["happiness"], [1]);
    served = await servePage({ runs: folder.runs });
  });
  afterAll(async () => {
    await served.close();
    await rm(folder.path, { recursive: true });
  });

  it("says that its server has no folder of runs", async () => {
    const config = serveSchema.config.parse({ port: 0, quiet: true, threads: 1 });
    const server = await startServer(config, () => undefined, served.pageFolder);
    const { context, page } = await visit({ ...served, url: server.url }, "#runs", "server");
    const said = "This server was started without a folder of runs. Start it again with npx mpa-fer serve --runs runs.";
    await page.getByText(said).waitFor();
    expect(await page.getByText("Choose two").count()).toBe(0);
    await context.close();
    await server.close();
  });

  it("names what can be pressed, and numbers faces from left to right", async () => {
    const { context, page } = await visit(served, "#read", "browser");
    // Escape in the same task as the click: nothing was painted in between.
    const isOpen = await page.locator(".chip").evaluate((chip: HTMLButtonElement) => {
      chip.click();
      chip.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      return new Promise((resolve) => setTimeout(() => resolve(chip.getAttribute("aria-expanded")), 100));
    });
    expect(isOpen).toBe("false");
    await page.getByRole("button", { name: "On your device", exact: true }).click();
    await page.locator("label").getByText("Run on your device").click();
    await answering(page, "server");
    await page.locator(".example .face").nth(2).waitFor();
    const boxes = page.locator(".example .box");
    const names = await boxes.evaluateAll((all) => all.map((box) => box.getAttribute("aria-label")));
    expect(names).toEqual([1, 2, 3].map((n) => expect.stringMatching(new RegExp(`^Face ${n}: [a-z]+ \\d+ %$`))));
    const lefts = await boxes.evaluateAll((all) => all.map((box) => box.getBoundingClientRect().left));
    expect(lefts).toEqual([...lefts].sort((a, b) => a - b));
    await context.close();
  });

  it("says on Teach that it works on the device, and offers the original prompts only after others", async () => {
    const { context, page } = await visit(served, "#read", "server");
    const original = page.locator("#model-details").getByRole("button", { name: "Use the original" });
    const details = () => page.locator("#model-details").textContent();
    expect(await details()).toContain("bundled with the model");
    await page.locator(".chip").click();
    expect(await original.count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Teach" }).click();
    await page.locator(".chip.ready").filter({ hasText: "On your device" }).waitFor();
    expect(await details()).toContain("Read works on your server.");
    await page.getByRole("link", { name: "Read" }).click();
    await page.locator(".chip.ready").filter({ hasText: "On your server" }).waitFor();
    const name = "own.safetensors";
    const buffer = await readFile("models/faceclip-mini/prompts.safetensors");
    await page.locator("#checkpoint").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
    await page.getByText(`${name} is in use, on your device.`).waitFor({ state: "attached" });
    await page.locator(".chip").click();
    expect(await details()).not.toContain("bundled with the model");
    const ground = () =>
      page.locator("#run-on-device").evaluate((element) => getComputedStyle(element).backgroundColor);
    await page.locator("#run-on-device").hover();
    await page.waitForTimeout(300);
    expect(await ground()).toBe("rgb(52, 67, 192)");
    await original.click();
    await page.getByText("The original model is in use.").waitFor();
    expect(await original.count()).toBe(0);
    expect(await details()).toContain("bundled with the model");
    await context.close();
  });

  it("trains only once all added pictures are searched for faces", async () => {
    const { context, page, complaints } = await visit(served, "#teach", "browser");
    await page.getByRole("button", { name: "Use an example set" }).click();
    const searching = page.getByText(/^Looking for faces… \d+ of 15$/);
    await searching.waitFor();
    expect(await page.getByRole("button", { name: "Train", exact: true }).isDisabled()).toBe(true);
    expect(await page.locator("#why-not").textContent()).toBe("");
    await searching.waitFor({ state: "detached" });
    expect(await page.locator(".thumbs li").count()).toBe(15);
    expect(await page.getByRole("button", { name: "Train", exact: true }).isEnabled()).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("has less than 200 kB of scripts and styles, gzipped, without the runtime", async () => {
    const assets = join(served.pageFolder, "assets");
    const names = (await readdir(assets)).filter((name) => /\.(js|css)$/.test(name) && !name.startsWith("ort"));
    const sizes = await Promise.all(names.map(async (name) => gzipSync(await readFile(join(assets, name))).length));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`page: ${(total / 1000).toFixed(0)} kB gzipped`);
    expect(total).toBeGreaterThan(100_000);
    expect(total).toBeLessThan(200_000);
  });

  it("is used with the keyboard alone, on a phone, in the dark", async () => {
    const { context, page, complaints } = await visit(served, "#read", "server");
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.reload();
    await page.locator(".chip.ready").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the content");
    for (const name of ["Read", "Teach", "Runs"]) {
      await page.keyboard.press("Tab");
      expect(await focused(page)).toBe(name);
    }
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    for (const view of ["read", "teach", "runs"]) {
      await page.goto(`${served.url}#${view}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(360);
      expect(await seriousFaults(page), view).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);
