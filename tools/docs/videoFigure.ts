/**
 * The picture of a video's report in docs/figures, from what `predict --report` writes of a drawn film:
 *
 *   npx tsx tools/docs/videoFigure.ts
 *
 * It needs ffmpeg and Chromium.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { drawnFace, render } from "../../src/apps/demo/dataset.ts";
import type { FerClass } from "../../src/data/sample.ts";
import { launchChromium } from "../../test/browser/chromium.ts";
import { callProgram } from "../../test/callProgram.ts";
import { writeVideo } from "../../test/madeVideo.ts";
import { root } from "./contents.ts";

const framesPerSecond = 10;
const seconds = 12;

/** A person with the expressions in their order, from second to second, and a path across the picture. */
interface Role {
  readonly person: number;
  readonly expressions: readonly (readonly [from: number, name: FerClass])[];
  readonly place: (second: number) => readonly [left: number, top: number] | undefined;
}

const roles: readonly Role[] = [
  {
    person: 1,
    expressions: [
      [0, "neutral"],
      [3, "happiness"],
      [6, "surprise"],
      [9, "neutral"],
    ],
    place: (second) => [30 + Math.min(450, 60 * second), 150],
  },
  {
    person: 3,
    expressions: [
      [0, "happiness"],
      [10, "neutral"],
    ],
    place: (second) => ((second >= 2 && second < 4) || second >= 7.5 ? [250, 5] : undefined),
  },
];

const work = await mkdtemp(join(tmpdir(), "mpa-fer-video-figure-"));
try {
  const film = join(work, "film.mp4");
  await writeVideo(film, { width: 640, height: 320, framesPerSecond }, await frames());
  const report = join(work, "report.html");
  const { code, stderr } = await callProgram(["predict", film, "--report", report], () => performance.now());
  if (code !== 0) throw new Error(stderr);
  const file = join(root, "docs/figures/video-timeline.webp");
  await sharp(await photograph(report))
    .webp({ quality: 62, effort: 6 })
    .toFile(file);
  console.log(`${file}: ${((await readFile(file)).length / 1000).toFixed(1)} kB`);
} finally {
  await rm(work, { recursive: true, force: true });
}

async function frames() {
  const pictures = new Map<string, Buffer>();
  for (const { person, expressions } of roles) {
    for (const [, name] of expressions) {
      pictures.set(`${person} ${name}`, await render(drawnFace(1, "test", person, name), 150));
    }
  }
  return Array.from({ length: framesPerSecond * seconds }, (_, i) =>
    roles.flatMap(({ person, expressions, place }) => {
      const second = i / framesPerSecond;
      const at = place(second);
      const name = expressions.findLast(([from]) => from <= second)?.[1];
      const picture = pictures.get(`${person} ${name}`);
      return at === undefined || picture === undefined
        ? []
        : [{ picture, side: 140, left: Math.round(at[0]), top: at[1] }];
    }),
  );
}

/** The page from its top to the end of the first person's section. */
async function photograph(report: string): Promise<Buffer> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 1600 }, deviceScaleFactor: 1.2 });
    await page.goto(pathToFileURL(report).href);
    const end = await page.locator("section").nth(1).boundingBox();
    if (end === null) throw new Error("the report has no section of a person");
    return await page.screenshot({ clip: { x: 0, y: 0, width: 1000, height: end.y + end.height + 12 } });
  } finally {
    await browser.close();
  }
}
