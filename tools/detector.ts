/**
 * Evaluation of the face detector: `npx tsx tools/detector.ts DATA docs/records/detector.json`, with the folder of FER+ as DATA.
 * Faces of its validation split and drawn faces are placed on pictures of 1280 × 720 at known positions, sizes and angles.
 */
import { join } from "node:path";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { ferplus } from "../src/data/layouts/ferplus.node.ts";
import { openDetector } from "../src/faces/detector.node.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { canvas, isOn, type PlacedFace, pixelsOf } from "../test/canvas.ts";

const [data, out] = process.argv.slice(2);
const [width, height] = [1280, 720];
const detector = await openDetector();

interface Recall {
  readonly faces: string;
  readonly pixels: number;
  readonly degrees: number;
  readonly placed: number;
  readonly found: number;
  /** false positives and duplicates */
  readonly others: number;
}

/** Number of faces per picture, the cells of a row. */
async function recall(
  faces: string,
  pictures: readonly (string | Buffer)[],
  side: number,
  angle: number,
): Promise<Recall> {
  const cell = Math.max(140, Math.ceil(1.6 * side));
  const columns = Math.floor(width / cell);
  let [found, others] = [0, 0];
  for (let start = 0; start < pictures.length; start += columns) {
    const placed = pictures.slice(start, start + columns).map(
      (picture, i): PlacedFace => ({
        picture,
        side,
        angle,
        left: Math.round(i * cell + (cell - side) / 2),
        top: Math.round((height - side) / 2 + 40 * ((i % 3) - 1)),
      }),
    );
    const boxes = await detector.detect(await pixelsOf(await canvas(width, height, placed)));
    const hits = placed.filter((face) => boxes.some(({ box }) => isOn(box, face))).length;
    found += hits;
    others += boxes.length - hits;
  }
  const row = { faces, pixels: side, degrees: angle, placed: pictures.length, found, others };
  console.error(JSON.stringify(row));
  return row;
}

const load = async (split: "train" | "valid", step: number) => {
  const { root, samples, classes } = await ferplus.load(data, split, { labelRule: "majority" });
  const chosen = samples.filter((_, i) => i % step === 0);
  return chosen.map(({ file, label }) => ({ path: join(root, file), label: classes[label] }));
};
const photographed = (await load("valid", 72)).map(({ path }) => path);
const drawn = await Promise.all(Array.from({ length: 24 }, (_, i) => render(drawnFace(1, "test", i, "neutral"), 400)));

const sizes: Recall[] = [];
for (const side of [24, 32, 48, 100, 200, 400]) {
  sizes.push(await recall("FER+", photographed, side, 0), await recall("drawn", drawn, side, 0));
}
const angles: Recall[] = [];
for (const angle of [15, 30, 45, 90, 180]) angles.push(await recall("FER+", photographed, 120, angle));

/** Positions of the landmarks of training faces, in units of the image side. */
async function meanLandmarks(): Promise<number[][]> {
  const sums = Array.from({ length: 5 }, () => [0, 0]);
  let count = 0;
  for (const { path } of await load("train", 200)) {
    const placed = { picture: path, side: 96, left: 112, top: 112 };
    const [face] = await detector.detect(await pixelsOf(await canvas(320, 320, [placed])));
    if (face === undefined) continue;
    count++;
    for (const [i, point] of face.landmarks.entries()) {
      for (const axis of [0, 1] as const) sums[i][axis] += (point[axis] - 112) / 96;
    }
  }
  return sums.map((sum) => sum.map((value) => Number((value / count).toFixed(3))));
}

/** Accuracy of the default model on faces as cropped in FER+, and on the same faces detected in larger pictures. */
async function accuracy() {
  await using fer = await ExpressionRecognizer.load();
  const faces = await load("valid", 12);
  const counts = { faces: faces.length, found: 0, asCut: 0, asFound: 0 };
  for (const { path, label } of faces) {
    const [whole] = await fer.predict(path, { detect: false });
    const scene = await canvas(400, 300, [{ picture: path, side: 120, left: 140, top: 90 }]);
    const seen = (await fer.predict(scene)).toSorted((a, b) => b.box[2] - a.box[2]);
    if (seen.length === 0) continue;
    counts.found++;
    if (whole.label === label) counts.asCut++;
    if (seen[0].label === label) counts.asFound++;
  }
  const share = (n: number) => Number((n / counts.found).toFixed(4));
  return { ...counts, asCut: share(counts.asCut), asFound: share(counts.asFound), model: fer.model };
}

const record = {
  command: "npx tsx tools/detector.ts DATA docs/records/detector.json",
  picture: [width, height],
  sizes,
  angles,
  meanLandmarks: await meanLandmarks(),
  accuracy: await accuracy(),
};
await detector.dispose();
await writeFileAtomic(out, `${JSON.stringify(record, null, 2)}\n`);
