/** Labelled faces that variants are compared on: news photographs, and FER+ validation without copies of training faces. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkDataset } from "../../src/apps/doctor/datasetCheck.ts";
import { resizeAndCrop } from "../../src/clip/preprocess.ts";
import { ferplus } from "../../src/data/layouts/ferplus.node.ts";
import { ferClasses } from "../../src/data/sample.ts";
import { openDetector } from "../../src/faces/detector.node.ts";
import { alignCrop, type DetectedFace, type FaceCrop, usualCrop, wholeLandmarks } from "../../src/faces/face.ts";
import type { Model } from "../../src/method/model.ts";
import { decodeImage } from "../../src/pictures/decode.node.ts";
import { parseCsv } from "../../src/platform/csv.ts";
import { sha256 } from "../../src/platform/package.node.ts";

/** A face of a set, with the half that its person or file falls into. */
export interface LabelledFace {
  readonly path: string;
  readonly label: number;
  readonly half: 0 | 1;
  /** scores of all faces found in the picture, the chosen one first; absent where the picture is one aligned face */
  readonly scores?: readonly number[];
  readonly landmarks?: DetectedFace["landmarks"];
}

/** A set of faces. */
export interface FaceSet {
  readonly name: string;
  readonly faces: readonly LabelledFace[];
  /** pictures in which no face was found; they count as wrong answers */
  readonly missed: readonly LabelledFace[];
}

const classNames: readonly string[] = ferClasses;

const halfOf = (key: string): 0 | 1 => (Number.parseInt(sha256(key).slice(0, 8), 16) % 2 === 0 ? 0 : 1);

/** The news pictures of `wild`, each of one labelled face that fills it, halved by person. */
export async function newsPictures(data: string): Promise<Pick<LabelledFace, "path" | "label" | "half">[]> {
  const root = join(data, "wild");
  const [, ...rows] = [...parseCsv(await readFile(join(root, "labels.csv"), "utf8"), "labels.csv")];
  return rows.map(({ cells: [file, label, person] }) => ({
    ...{ path: join(root, "images", file), label: classNames.indexOf(label) },
    half: halfOf(person),
  }));
}

/** The largest face that the detector finds in each news picture. */
export async function newsFaces(data: string, cache: string): Promise<FaceSet> {
  const listed = await newsPictures(data);
  const found = await cached<DetectedFace[][]>(join(cache, "news-faces.json"), async () => {
    const detector = await openDetector({ threads: 1, faceScore: 0.1 });
    const all: DetectedFace[][] = [];
    for (const { path } of listed) all.push(await detector.detect(await decodeImage(path, path)));
    await detector.dispose();
    return all;
  });
  const size = ({ box: [, , width, height] }: DetectedFace) => width * height;
  const faces = listed.map((face, i): LabelledFace => {
    const sorted = found[i].toSorted((a, b) => size(b) - size(a));
    return { ...face, scores: sorted.map(({ score }) => score), landmarks: sorted[0]?.landmarks };
  });
  const isFound = ({ landmarks }: LabelledFace) => landmarks !== undefined;
  return { name: "news", faces: faces.filter(isFound), missed: faces.filter((face) => !isFound(face)) };
}

/** FER+ validation faces that are in no pair of near copies with a training face, halved by file. */
export async function validationFaces(data: string, cache: string): Promise<FaceSet> {
  const root = join(data, "ferplus");
  const copies = await cached<string[]>(join(cache, "copies.json"), async () => {
    const { duplicates } = await checkDataset({ data: root, dataset: "ferplus", labelRule: "plurality" });
    return duplicates.flatMap(({ first, second }) =>
      first.split === second.split
        ? []
        : [first, second].flatMap(({ split, file }) => (split === "valid" ? [file] : [])),
    );
  });
  const split = await ferplus.load(root, "valid", { labelRule: "plurality" });
  const faces = split.samples
    .filter(({ file }) => !copies.includes(file))
    .map(({ file, label }) => ({ path: join(split.root, file), label, half: halfOf(file) }));
  return { name: "validation", faces, missed: [] };
}

/** The crops of all faces at the tower's size, bytes [n, S, S, 3]. A picture that is one aligned face is its own usual crop. */
export async function cropsOf(set: FaceSet, crop: FaceCrop, model: Model, cache: string): Promise<Uint8Array> {
  const name = `${set.name}-${[crop.scale, ...crop.shift].map((value) => value.toFixed(4)).join("_")}.crops`;
  return cachedBytes(join(cache, name), async () => {
    const parts: Uint8Array[] = [];
    for (const { path, landmarks } of set.faces) {
      const picture = await decodeImage(path, path);
      const isWhole = landmarks === undefined && crop === usualCrop;
      const aligned = isWhole ? picture : alignCrop(picture, { landmarks: landmarks ?? wholeLandmarks(picture) }, crop);
      parts.push(resizeAndCrop(aligned, model.preprocess).data);
    }
    return Buffer.concat(parts);
  });
}

async function cached<T>(file: string, make: () => Promise<T>): Promise<T> {
  const bytes = await cachedBytes(file, async () => Buffer.from(JSON.stringify(await make())));
  return JSON.parse(Buffer.from(bytes).toString());
}

/** The content of a file of the cache, made where it is not there. */
export async function cachedBytes(file: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch {
    const bytes = await make();
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, bytes);
    return bytes;
  }
}
