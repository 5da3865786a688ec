/** Documentation site: it builds without warnings, is self-contained and accessible. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../tools/docs/contents.ts";
import { brokenSiteLinks } from "../tools/docs/siteLinks.ts";
import { seriousFaults } from "./browser/axe.ts";
import { chromiumPath, launchChromium } from "./browser/chromium.ts";

const looks = [
  { colorScheme: "light", width: 1300 },
  { colorScheme: "dark", width: 360 },
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

it("has an equation, and the function that computes it as it is in the source, with a link to the line", () => {
  const method = page("docs/method.html");
  expect(method.match(/class="katex-block"/g)?.length).toBeGreaterThan(7);
  expect(method).not.toContain("katex-error");
  const [, place] = /href="\.\.\/(repository\/src\/method\/losses\.ts\.html#L\d+)"/.exec(method) ?? [];
  const [file, line] = place.split("#");
  expect(
    page(file)
      .split("\n")
      .findIndex((text) => text.includes(`id="${line}"`)),
  ).toBeGreaterThan(0);
});

it("has the interface, a search, and letters for equations, all in the folder", () => {
  for (const file of ["functions/mpa-fer.train.html", "assets/search.js", "assets/katex.min.css", "assets/fonts"]) {
    expect(existsSync(join(site, file)), file).toBe(true);
  }
  expect(page("index.html")).not.toMatch(/<(script|link|img)[^>]+"https?:/);
});

it("finds a broken link", async () => {
  await rm(join(site, "SECURITY.html"));
  expect(brokenSiteLinks(site)).toContainEqual(expect.stringMatching(/^docs\/deploying\.html: \.\.\/SECURITY\.html$/));
});

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it.each([
    "index.html",
    "docs/first-run.html",
    "docs/method.html",
    "docs/performance.html",
    "repository/src/method/losses.ts.html",
  ])(
    "%s",
    async (file) => {
      for (const { colorScheme, width } of looks) {
        const tab = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
        const asked: string[] = [];
        tab.on("request", (request) => asked.push(request.url()));
        await tab.goto(pathToFileURL(join(site, file)).href);
        const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        const faults = await seriousFaults(tab);
        await tab.close();
        expect({ colorScheme, width, overflow, faults }).toEqual({ colorScheme, width, overflow: 0, faults: [] });
        expect(asked.filter((url) => !url.startsWith("file:") && !url.startsWith("data:"))).toEqual([]);
      }
    },
    600_000,
  );
});
