/** Browser examples, built as their READMEs describe and used in Chromium. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { chromiumPath, launchChromium } from "./browser/chromium.ts";
import { canvas } from "./canvas.ts";

const repository = join(import.meta.dirname, "..");

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let folder: string;
  let picture: string;
  let expected: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "examples-"));
    picture = join(folder, "picture.png");
    const people = await Promise.all([1, 2].map((person) => render(drawnFace(1, "test", person, "happiness"), 140)));
    const placed = people.map((drawn, i) => ({ picture: drawn, side: 140, left: 30 + 220 * i, top: 50 }));
    await writeFile(picture, await canvas(480, 240, placed));
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    expected = (await fer.predict(picture)).map(({ label, score }) => `${label},? ${Math.round(100 * score)} %`);
    expect(expected.length).toBe(2);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ["web-page", "#answer"],
    ["react", "ol[aria-label=Faces]"],
  ])("%s names the expressions that Node names", async (example, answer) => {
    const outDir = join(folder, example);
    const root = join(repository, "examples", example);
    const config = { root, configFile: join(root, "vite.config.ts"), logLevel: "error" } as const;
    const alias = { "mpa-fer/browser": join(repository, "src/browser.ts") };
    await build({ ...config, resolve: { alias }, build: { outDir } });
    for (const model of ["faceclip-mini", "centerface"]) {
      await cp(join(repository, "models", model), join(outDir, "models", model), { recursive: true });
    }
    const server = await preview({ ...config, build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(100_000);
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await page.goto(server.resolvedUrls?.local[0] ?? "");
      await page.getByLabel("Picture").setInputFiles(picture);
      const text = page.locator(answer).filter({ hasText: new RegExp(expected.join(".*")) });
      await text.waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
