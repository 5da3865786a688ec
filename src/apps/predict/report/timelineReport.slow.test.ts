/** The report of videos in a browser: no complaint, nothing loaded, contrast and structure by WCAG AA, nothing beside a phone's edge. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchChromium } from "../../../../test/browser/chromium.ts";
import { type Look, lookAt } from "../../../../test/browser/lookAt.ts";
import { someVideo } from "../../../../test/someVideo.ts";
import { timelineReport } from "./timelineReport.ts";

const looks: readonly Look[] = [
  { scheme: "light", width: 1100 },
  { scheme: "dark", width: 1100 },
  { scheme: "light", width: 360 },
  { scheme: "dark", width: 360 },
];

describe.skipIf(chromiumPath === undefined)("the report of videos", () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), "mpa-fer-timeline-"));
    const videos = [someVideo("a.mp4")];
    await writeFile(join(folder, "r.html"), timelineReport({ model: "tiny", classes: ["calm", "joy"], videos }));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(looks)("is for everybody: %j", async (look) => {
    const seen = await lookAt(browser, join(folder, "r.html"), look);
    expect({ ...look, ...seen }).toEqual({ ...look, complaints: [], violations: [], overflow: 0 });
  });

  it("saves its files without a network", async () => {
    const page = await browser.newPage();
    await page.goto(`file://${join(folder, "r.html")}`);
    for (const [link, name] of [
      ["Save all as CSV", "a.csv"],
      ["Save as SVG", "a-person-1.svg"],
      ["Save as CSV", "a-person-1.csv"],
    ]) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: link }).first().click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
      expect(await download.failure()).toBeNull();
    }
    await page.close();
  });
});
