/** Labelled pictures of faces as files, for readers that take a path: as they are, in a frame, and cut out. */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { ferClasses } from "../../src/data/sample.ts";
import { alignFace } from "../../src/faces/face.ts";
import { decodeImage } from "../../src/pictures/decode.node.ts";
import { type LabelledFace, newsFaces, newsPictures, validationFaces } from "./faceSets.ts";

/** Pictures of one labelled face each, of the seven expressions without contempt, which readers elsewhere do not have. */
export interface PictureSet {
  readonly name: string;
  readonly what: string;
  /** whether each picture is one face that is cut out, so that no detector is needed */
  readonly isCut: boolean;
  readonly pictures: readonly Pick<LabelledFace, "path" | "label">[];
  /** classes whose recalls make the UAR: the first ones of `ferClasses`; on news faces those with 50 pictures and more in all */
  readonly recalled: number;
}

/** The sets, of every `every`-th news picture; pictures that are made are written into `folder`. */
export async function pictureSets(
  { data, cache, every }: { readonly data: string; readonly cache: string; readonly every: number },
  folder: string,
): Promise<PictureSet[]> {
  const part = (faces: readonly LabelledFace[]) => faces.filter(isOfSeven).filter((_, i) => i % every === 0);
  const news = part(await newsPictures(data));
  const { faces } = await newsFaces(data, cache);
  const validation = await validationFaces(data, cache);
  const shared = { recalled: 5, isCut: false };
  return [
    {
      name: "news",
      what: "news pictures, which the face fills",
      ...shared,
      pictures: news,
    },
    {
      ...{ name: "news, framed", what: "the same in a grey frame as wide as the picture", ...shared },
      pictures: await rewritten(news, join(folder, "framed"), framed),
    },
    {
      ...{ name: "news, cut out", what: "the same, cut out as mpa-fer does", ...shared, isCut: true },
      pictures: await rewritten(part(faces), join(folder, "cut"), cutOut),
    },
    {
      ...{ name: "validation", what: "FER+ validation faces of 48 × 48 pixels, no near copies of training faces" },
      ...{ isCut: true, recalled: 7, pictures: validation.faces.filter(isOfSeven) },
    },
  ];
}

const isOfSeven = ({ label }: Pick<LabelledFace, "label">): boolean => label !== ferClasses.indexOf("contempt");

/** The pictures as `remake` changes them, in PNG files of `folder`. */
async function rewritten(
  pictures: readonly LabelledFace[],
  folder: string,
  remake: (picture: LabelledFace) => Promise<Sharp>,
): Promise<PictureSet["pictures"]> {
  await mkdir(folder);
  const written = [];
  for (const picture of pictures) {
    const path = join(folder, `${basename(picture.path)}.png`);
    const image = await remake(picture);
    await image.png({ compressionLevel: 1 }).toFile(path);
    written.push({ path, label: picture.label });
  }
  return written;
}

async function framed({ path }: LabelledFace): Promise<Sharp> {
  const { width, height } = await sharp(path).metadata();
  const side = Math.max(width, height);
  return sharp(path).extend({ top: side, bottom: side, left: side, right: side, background: "#808080" });
}

/** The usual crop around the landmarks that the product's detector found. */
async function cutOut({ path, landmarks }: LabelledFace): Promise<Sharp> {
  if (landmarks === undefined) throw new Error(`${path}: without landmarks`);
  const { width, height, data } = alignFace(await decodeImage(path, path), { landmarks });
  return sharp(data, { raw: { width, height, channels: 3 } });
}
