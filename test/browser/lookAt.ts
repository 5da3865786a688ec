/** Checks of a local page: errors, accessibility, and layout on narrow and dark screens. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";

export interface Look {
  readonly scheme: "light" | "dark";
  /** CSS pixels */
  readonly width: number;
}

export interface Seen {
  /** console errors and warnings, page errors, and requests for anything but the file */
  readonly complaints: readonly string[];
  /** violations of WCAG 2 A and AA, with the first element of each */
  readonly violations: readonly string[];
  /** horizontal overflow of the page in CSS pixels */
  readonly overflow: number;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens a local page and checks it. */
export async function lookAt(browser: Browser, file: string, { scheme, width }: Look): Promise<Seen> {
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
  try {
    const complaints: string[] = [];
    const address = pathToFileURL(file).href;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("request", (request) => {
      if (request.url() !== address && !request.url().startsWith("data:")) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(address);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    // Injected by the debugger, as the page's own policy blocks scripts.
    await page.evaluate(axe);
    const violations: string[] = await page.evaluate(
      `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ": " + nodes[0].html + " " + nodes[0].failureSummary))`,
    );
    return { complaints, violations, overflow };
  } finally {
    await page.close();
  }
}
