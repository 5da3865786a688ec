/** Static demo: a plain file server with a path of its own is all that it needs. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { type Parts, writeDemoSite } from "../tools/demoSite/writeDemoSite.ts";
import { root } from "../tools/docs/contents.ts";
import { chromiumPath, launchChromium } from "./browser/chromium.ts";
import { canvas } from "./canvas.ts";
import { FileServer } from "./fileServer.ts";

let folder: string;
let out: string;
let parts: Parts;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-demo-site-"));
  out = join(folder, "out");
  parts = {
    page: join(folder, "page"),
    models: join(root, "models"),
    demo: join(folder, "demo"),
    guide: join(folder, "guide"),
  };
  await build({
    configFile: join(root, "vite.page.config.ts"),
    logLevel: "error",
    build: { outDir: parts.page, emptyOutDir: true },
  });
  for (const file of ["demo/report.html", "demo/mpa/report.html", "demo/faces/train/a.html", "guide/index.html"]) {
    await mkdir(join(folder, file, ".."), { recursive: true });
    await writeFile(join(folder, file), `<title>${file}</title>`);
  }
  await writeDemoSite(out, parts);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("has the reports of the demo, the documentation, and the card of a Space", async () => {
  expect((await readdir(join(out, "demo"), { recursive: true })).sort()).toEqual([
    "mpa",
    "mpa/report.html",
    "report.html",
  ]);
  expect(await readdir(join(out, "guide"))).toEqual(["index.html"]);
  expect(await readFile(join(out, "README.md"), "utf8")).toContain("sdk: static");
});

it("replaces an earlier site, and no other folder", async () => {
  await writeFile(join(out, "old.txt"), "");
  await writeDemoSite(out, parts);
  expect(await readdir(out)).not.toContain("old.txt");
  const other = join(folder, "demo");
  await expect(writeDemoSite(other, parts)).rejects.toThrow("has files that this tool did not write");
  expect(await readdir(other)).toContain("report.html");
});

describe.skipIf(chromiumPath === undefined)("under a path of a file server, in Chromium", () => {
  it("answers for a drawn face as Node does, asks no other server, and leads to report and documentation", async () => {
    const drawn = await render(drawnFace(1, "test", 2, "surprise"), 100);
    const picture = await canvas(400, 240, [{ picture: drawn, side: 100, left: 150, top: 60 }]);
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const [{ label, score }] = await fer.predict(picture);

    const server = new FileServer(out, "/some/path/");
    await server.listen();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(100_000);
      const outside: string[] = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) outside.push(request.url());
      });
      await page.goto(server.url, { waitUntil: "networkidle" });
      const links = await page
        .locator(".demo-site a")
        .evaluateAll((all) => all.map((a) => a.getAttribute("href") ?? ""));
      expect(links.length).toBe(2);
      for (const link of links) expect((await fetch(new URL(link, server.url))).status).toBe(200);

      const isShown = ([name, percent]: readonly [string, number]): boolean => {
        const text = document.body.textContent ?? "";
        const shares = [...text.matchAll(/(\d+(?:\.\d+)?)\s?%/g)].map(([, share]) => Number(share));
        return text.toLowerCase().includes(name) && shares.some((share) => Math.abs(share - percent) <= 0.6);
      };
      const answer = [label, 100 * score] as const;
      expect(await page.evaluate(isShown, answer)).toBe(false);
      const file = { name: "face.png", mimeType: "image/png", buffer: picture };
      await page.locator('input[type="file"][accept*="image"]').first().setInputFiles(file);
      await page.waitForFunction(isShown, answer);
      expect(outside).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
