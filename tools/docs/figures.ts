/**
 * Generates the pictures of docs/figures from output of the program:
 *
 *   npm run demo && npm run docs:figures -- runs/demo
 *
 * Takes screenshots of parts of reports and of the web page in Chromium, and runs `explain` and `predict --draw`. With `page` after
 * the folder it makes the pictures of the page only.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { launchChromium } from "../../test/browser/chromium.ts";
import { canvas } from "../../test/canvas.ts";
import { root } from "./contents.ts";
import { pageFigures } from "./pageFigures.ts";

/** A part of a page: the section under a heading, or the first match of a selector. */
interface Shot {
  readonly name: string;
  readonly page: string;
  readonly part: string;
  /** window size in CSS pixels */
  readonly width: number;
}

const section = (heading: string): string => `section:has(> h2:text-is("${heading}"))`;

const shots: readonly Shot[] = [
  { name: "demo-people", page: "report.html", part: section("What mpa says of three people"), width: 1100 },
  { name: "report-classes", page: "mpa/report.html", part: section("Classes"), width: 520 },
  { name: "report-confusion", page: "mpa/report.html", part: section("Confusion matrix"), width: 860 },
  { name: "report-reliability", page: "mpa/report.html", part: section("Reliability diagram"), width: 520 },
  { name: "report-losses", page: "mpa/report.html", part: section("Loss terms"), width: 1100 },
  { name: "explain-face", page: "mpa/explain/explain.html", part: ".face >> nth=1", width: 760 },
];

const copy = "runs/demo";
const [demo, only] = process.argv.slice(2);
if (demo === undefined) throw new Error("name the folder of a demo: npm run docs:figures -- runs/demo");
const work = await mkdtemp(join(tmpdir(), "mpa-fer-figures-"));
const browser = await launchChromium();
try {
  await mkdir(join(root, "docs/figures"), { recursive: true });
  const pages = await pageFigures(resolve(demo));
  for (const [name, picture] of pages) await keep(name, picture);
  if (only !== "page") await reportFigures();
  await keep(
    "readme",
    await strip(join(root, "docs/figures/predict-drawn.webp"), join(root, "docs/figures/page-read.webp")),
  );
} finally {
  await browser.close();
  await rm(work, { recursive: true, force: true });
}

async function reportFigures(): Promise<void> {
  // A copy, as `explain --run` changes the run's report; it is where the data paths of the run's record resolve.
  await cp(resolve(demo), join(work, copy), { recursive: true });
  program("explain", "--run", `${copy}/mpa`, "--images", "6", "--points", "160", "--quiet");
  for (const shot of shots) await keep(shot.name, await photograph(browser, shot));
  await keep("predict-drawn", await drawnPhotograph());
}

function program(...words: string[]): void {
  const main = [join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "src/apps/cli/main.ts")];
  const { status } = spawnSync(process.execPath, [...main, ...words], { cwd: work, stdio: "inherit" });
  if (status !== 0) throw new Error(`mpa-fer ${words.join(" ")} ended with ${status}`);
}

async function photograph(from: Browser, { page: file, part, width }: Shot): Promise<Buffer> {
  const page = await from.newPage({ viewport: { width, height: 900 }, deviceScaleFactor: 1.2 });
  try {
    await page.goto(pathToFileURL(join(work, copy, file)).href);
    return await page.locator(part).first().screenshot();
  } finally {
    await page.close();
  }
}

/** Picture of four of the demo's people, with the predictions drawn by `predict`. */
async function drawnPhotograph(): Promise<Buffer> {
  const faces = ["happiness", "surprise", "anger", "sadness"].map((name, i) => ({
    picture: join(work, copy, `faces/test/${name}/test-000${i + 1}.png`),
    side: 130,
    left: 24 + 160 * i,
    top: 40 + 30 * (i % 2),
  }));
  await writeFile(join(work, "photo.png"), await canvas(660, 230, faces));
  program("predict", "photo.png", "--checkpoint", `${copy}/mpa/best.safetensors`, "--draw", "drawn", "--quiet");
  return sharp(join(work, "drawn", "photo.jpg")).toBuffer();
}

/** What `predict --draw` wrote above the page, in one picture for the README. */
async function strip(drawn: string, page: string): Promise<Buffer> {
  const above = await sharp(drawn).resize({ width: 958 }).toBuffer({ resolveWithObject: true });
  const below = await sharp(page).extract({ left: 0, top: 340, width: 958, height: 390 }).toBuffer();
  const height = above.info.height + 12 + 390;
  return await sharp({ create: { width: 958, height, channels: 3, background: "white" } })
    .composite([
      { input: above.data, left: 0, top: 0 },
      { input: below, left: 0, top: above.info.height + 12 },
    ])
    .png()
    .toBuffer();
}

async function keep(name: string, picture: Buffer): Promise<void> {
  const file = join(root, "docs/figures", `${name}.webp`);
  const { size, width, height } = await sharp(picture).webp({ quality: 62, effort: 6 }).toFile(file);
  console.log(`${basename(file)}: ${width} × ${height}, ${(size / 1000).toFixed(1)} kB`);
}
