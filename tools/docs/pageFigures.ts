/** Screenshots of the web page with drawn faces, on a desktop and on a phone. */
import type { Page } from "playwright-core";
import sharp from "sharp";
import { type ServedPage, servePage, visit } from "../../test/browser/pageServer.ts";

/** A view of the page, brought into the state that the figure shows. */
interface View {
  readonly name: string;
  readonly hash: string;
  prepare(page: Page): Promise<void>;
}

const views: readonly View[] = [
  {
    name: "page-read",
    hash: "#read",
    // The example is there already.
    prepare: () => Promise.resolve(),
  },
  {
    name: "page-teach",
    hash: "#teach",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Use an example set" }).click();
      await page.locator(".thumb").nth(14).waitFor();
      await page.getByLabel("Epochs").fill("15");
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await page.getByText("Done.").waitFor();
      await page.locator(".column .face").first().waitFor();
    },
  },
  {
    name: "page-runs",
    hash: "#runs",
    prepare: async (page) => {
      for (const box of (await page.locator(".choose input").all()).slice(0, 2)) await box.check();
      await page.locator(".comparison").waitFor();
      await page.locator(".sparkline svg").first().waitFor();
    },
  },
];

/** Sizes of the windows in CSS pixels. */
const desktop = { width: 1280, height: 1080 };
const phone = { width: 390, height: 1080 };
const gap = 40;
/** Pixels that a figure is wide. */
const figureWidth = 1280;

/** Pictures of the page's views by name, with the runs in a folder. */
export async function pageFigures(runs: string): Promise<ReadonlyMap<string, Buffer>> {
  const served = await servePage({ runs });
  try {
    const pictures = new Map<string, Buffer>();
    for (const view of views) pictures.set(view.name, await photograph(served, view));
    return pictures;
  } finally {
    await served.close();
  }
}

/** A view on a desktop and on a phone, side by side. */
async function photograph(served: ServedPage, { hash, prepare }: View): Promise<Buffer> {
  const { page, context } = await visit(served, hash, "browser");
  try {
    await page.getByRole("button", { name: "Dismiss the notice" }).click();
    await prepare(page);
    const shots: Buffer[] = [];
    for (const size of [desktop, phone]) {
      await page.setViewportSize(size);
      // The layout follows the window after a frame, and moves smoothly.
      await page.waitForTimeout(500);
      shots.push(await page.screenshot());
    }
    const [wide, narrow] = shots;
    const size = { width: desktop.width + gap + phone.width, height: desktop.height, channels: 4 } as const;
    const both = sharp({ create: { ...size, background: "#0000" } }).composite([
      { input: wide, left: 0, top: 0 },
      { input: narrow, left: desktop.width + gap, top: 0 },
    ]);
    return sharp(await both.png().toBuffer())
      .resize(figureWidth)
      .png()
      .toBuffer();
  } finally {
    await context.close();
  }
}
