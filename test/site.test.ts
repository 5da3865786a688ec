/** Documentation site: it builds without warnings, works under any path of a file server, and is accessible. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../tools/docs/contents.ts";
import { layersOf } from "../tools/docs/site/diagram.ts";
import { brokenSiteLinks } from "../tools/docs/site/siteLinks.ts";
import { seriousFaults } from "./browser/axe.ts";
import { chromiumPath, launchChromium } from "./browser/chromium.ts";
import { FileServer } from "./fileServer.ts";

const looks = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390 },
] as const;
let site: string;

beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), "mpa-fer-site-"));
  const words = ["--import", "tsx", "tools/docs/build.ts", site];
  // Exit code 1 for a warning of TypeDoc, a missing comment or a broken link.
  await promisify(execFile)(process.execPath, words, { cwd: root });
}, 600_000);
afterAll(() => rm(site, { recursive: true, force: true }));

const page = (file: string) => readFileSync(join(site, file), "utf8");

it("shows equations, and the source of the function that computes each, with a link to the line", () => {
  const method = page("docs/method.html");
  expect(method.match(/class="katex-block"/g)?.length).toBeGreaterThan(7);
  expect(method).not.toContain("katex-error");
  expect(method).toContain("alignmentLoss");
  const [, place] = /href="(?:\.\/)?\.\.\/(repository\/src\/method\/losses\.ts\.html#L\d+)"/.exec(method) ?? [];
  const [file, line] = place.split("#");
  expect(page(file)).toContain(`id="${line}"`);
});

it("leads the reference with the recognizer, train and evaluate, each with an example", () => {
  const library = page("docs/library.html");
  for (const path of ["classes/ExpressionRecognizer", "functions/train", "functions/evaluate"]) {
    expect(library).toContain(`href="./../reference/mpa-fer/${path}.html"`);
    expect(page(`reference/mpa-fer/${path}.html`)).toContain('id="example"');
  }
});

it("has version and licence, and no address of another server", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const file of ["index.html", "docs/first-run.html"]) {
    expect(page(file)).toContain(`mpa-fer ${version}, MIT licence`);
    expect(page(file)).not.toMatch(/<(script|link|img)[^>]+"https?:/);
  }
});

it("draws the map of modules from the lowest up", () => {
  expect(page("CONTRIBUTING.html")).toMatch(/<ol class="layers"><li><strong>apps<\/strong>/);
  expect(() => layersOf("flowchart LR\n  a --> b\n")).toThrow("not a chain of layers");
});

it("finds a broken link", async () => {
  await rm(join(site, "SECURITY.html"));
  expect(brokenSiteLinks(site)).toContainEqual(expect.stringMatching(/^docs\/deploying\.html: \S*SECURITY\.html$/));
});

describe.skipIf(chromiumPath === undefined)("in Chromium, under a path of a file server", () => {
  let browser: Browser;
  let server: FileServer;
  beforeAll(async () => {
    browser = await launchChromium();
    server = new FileServer(site, "/some/path/");
    await server.listen();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a page and collects requests that leave the server's path or fail. */
  async function open(file: string, look: (typeof looks)[number]): Promise<{ tab: Page; faults: string[] }> {
    const { colorScheme, width } = look;
    const tab = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const faults: string[] = [];
    tab.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !url.startsWith("data:")) faults.push(url);
    });
    tab.on("response", (response) => {
      if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
    });
    tab.on("pageerror", ({ message }) => faults.push(message));
    await tab.goto(server.url + file, { waitUntil: "networkidle" });
    return { tab, faults };
  }

  it.each([
    "index.html",
    "docs/first-run.html",
    "docs/method.html",
    "docs/performance.html",
    "reference/mpa-fer/classes/ExpressionRecognizer.html",
    "repository/src/method/losses.ts.html",
  ])(
    "%s",
    async (file) => {
      for (const look of looks) {
        const { tab, faults } = await open(file, look);
        const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect({ ...look, overflow, faults, serious: await seriousFaults(tab) }).toEqual({
          ...look,
          overflow: 0,
          faults: [],
          serious: [],
        });
        await tab.close();
      }
    },
    600_000,
  );

  it("goes from page to page without loading anew, in folders of any depth", async () => {
    const { tab, faults } = await open("index.html", looks[0]);
    await tab.evaluate(() => {
      document.body.dataset.opened = "once";
    });
    await tab.locator("a", { hasText: "Reproduce the paper" }).click();
    await tab.waitForURL(`${server.url}docs/method.html`);
    await tab.getByRole("link", { name: "src/method/losses.ts" }).first().click();
    await tab.waitForURL(/repository\/src\/method\/losses\.ts\.html#L\d+$/);
    await tab.getByRole("link", { name: "Guide", exact: true }).click();
    await tab.waitForURL(`${server.url}docs/first-run.html`);
    expect(await tab.evaluate(() => document.body.dataset.opened)).toBe("once");
    expect(await tab.locator("h1").first().textContent()).toContain("A first run");
    expect(faults).toEqual([]);
    await tab.close();
  });

  it("searches, and shows the lines that were found", async () => {
    const { tab, faults } = await open("docs/first-run.html", looks[0]);
    await tab.keyboard.press("Control+k");
    await tab.locator("#localsearch-input").fill("calibrate");
    await tab.locator("#localsearch-list mark").first().waitFor();
    const found = await tab.locator("#localsearch-list").textContent();
    expect(found).toContain("fits a temperature");
    await tab.keyboard.press("Enter");
    await tab.waitForURL(/\/some\/path\/(docs|reference)\/\S+\.html/);
    expect(faults).toEqual([]);
    await tab.close();
  });
});
