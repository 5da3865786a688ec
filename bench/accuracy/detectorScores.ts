/**
 * Faces that the detector finds and what it takes for faces, by the score that is asked of it.
 *
 *   npx tsx bench/accuracy/detectorScores.ts --data ../shared/data --pictures DIR --out docs/records/detector-scores.json
 *
 * DATA has the folders `ferplus`, whose validation faces are laid on plain pictures, and `wild`; DIR has pictures without a face,
 * each of which is looked at in two sizes and mirrored.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { ferplus } from "../../src/data/layouts/ferplus.node.ts";
import { openDetector } from "../../src/faces/detector.node.ts";
import { decodeImage } from "../../src/pictures/decode.node.ts";
import { parseCsv } from "../../src/platform/csv.ts";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { canvas, isOn, type PlacedFace } from "../../test/canvas.ts";
import { machine } from "../machine.ts";

const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    pictures: { type: "string" },
    out: { type: "string" },
  },
});
if (flags.pictures === undefined) throw new Error("--pictures: name a folder of pictures without faces");
const detector = await openDetector({ threads: 1, faceScore: 0.2 });
const thresholds = [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6];

/** Score of every face that was laid on a picture, 0 where it is not found, and of what was found beside them. */
interface Scores {
  readonly faces: number[];
  readonly others: number[];
}

const sizes = [24, 48, 100];
const bySize = new Map<number, Scores>();
for (const side of sizes) bySize.set(side, await placed(side));
const news = await newsScores();
const faceless = await facelessScores(flags.pictures);
await detector.dispose();

const rows = thresholds.map((threshold) => {
  const share = (scores: readonly number[]) => {
    const found = scores.filter((score) => score >= threshold).length;
    return Math.round((1e4 * found) / scores.length) / 1e4;
  };
  const count = (scores: readonly number[]) => scores.filter((score) => score >= threshold).length;
  return {
    threshold,
    found: Object.fromEntries([...bySize].map(([side, { faces }]) => [side, share(faces)])),
    foundNews: share(news.faces),
    falseOnCanvases: count([...bySize.values()].flatMap(({ others }) => others)),
    falseOnPictures: count(faceless.scores),
  };
});
const record = {
  command:
    "npx tsx bench/accuracy/detectorScores.ts --data ../shared/data --pictures DIR --out docs/records/detector-scores.json",
  machine: machine(),
  faces: {
    ...Object.fromEntries([...bySize].map(([side, { faces }]) => [side, faces.length])),
    news: news.faces.length,
  },
  pictures: faceless.names,
  looks: faceless.looks,
  rows,
  scoresOnPictures: faceless.scores.toSorted((a, b) => b - a).map((score) => Math.round(1e3 * score) / 1e3),
};
const text = `${JSON.stringify(record, null, 1)}\n`;
if (flags.out === undefined) process.stdout.write(text);
else await writeFileAtomic(flags.out, text);

/** Every fortieth validation face, five a picture, on pictures of 1280 × 720. */
async function placed(side: number): Promise<Scores> {
  const { root, samples } = await ferplus.load(join(flags.data, "ferplus"), "valid", { labelRule: "majority" });
  const files = samples.filter((_, i) => i % 40 === 0).map(({ file }) => join(root, file));
  const [width, height, columns] = [1280, 720, 5];
  const scores: Scores = { faces: [], others: [] };
  for (let start = 0; start < files.length; start += columns) {
    const faces = files.slice(start, start + columns).map((picture, i): PlacedFace => {
      const left = Math.round((i + 0.5) * (width / columns) - side / 2);
      return { picture, side, left, top: Math.round((height - side) / 2) };
    });
    const found = await detector.detect(await decodeImage(await canvas(width, height, faces), "a canvas"));
    const hits = faces.map((face) => found.filter(({ box }) => isOn(box, face)));
    scores.faces.push(...hits.map((own) => Math.max(0, ...own.map(({ score }) => score))));
    scores.others.push(...found.filter((face) => !hits.some(([first]) => first === face)).map(({ score }) => score));
  }
  return scores;
}

async function newsScores(): Promise<Pick<Scores, "faces">> {
  const root = join(flags.data, "wild");
  const [, ...listed] = [...parseCsv(await readFile(join(root, "labels.csv"), "utf8"), "labels.csv")];
  const faces: number[] = [];
  for (const { cells } of listed.filter((_, i) => i % 8 === 0)) {
    const file = join(root, "images", cells[0]);
    const found = await detector.detect(await decodeImage(file, file));
    faces.push(Math.max(0, ...found.map(({ score }) => score)));
  }
  return { faces };
}

async function facelessScores(folder: string) {
  const names = (await readdir(folder)).sort();
  const scores: number[] = [];
  let looks = 0;
  for (const name of names) {
    for (const side of [320, 640]) {
      for (const isMirrored of [false, true]) {
        const resized = sharp(join(folder, name)).flop(isMirrored).resize(side, side, { fit: "inside" });
        const picture = await decodeImage(await resized.toColourspace("srgb").png().toBuffer(), name);
        scores.push(...(await detector.detect(picture)).map(({ score }) => score));
        looks++;
      }
    }
  }
  return { names, looks, scores };
}
