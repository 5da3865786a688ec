/** Working folder for the commands of a page: the files that the documentation names, made of drawn faces. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { drawDataset, drawnFace, render } from "../../../src/apps/demo/dataset.ts";
import { type FerClass, ferClasses, type SplitName, splitNames } from "../../../src/data/sample.ts";
import { canvas } from "../../../test/canvas.ts";
import { root } from "../contents.ts";

const people: Readonly<Record<SplitName, number>> = { train: 4, valid: 2, test: 2 };

/** Fills `work`, and the shared data beside it, where the documentation expects FER+. */
export async function fillScratch(work: string): Promise<void> {
  for (const name of ["docs/records/ferplus", "models/faceclip-mini"]) mkdirSync(join(work, name), { recursive: true });
  await drawDataset({ out: join(work, "DIR"), seed: 1, facesPerClass: people, size: 48 });
  await writeFerPlus(join(work, "DIR"));
  await writeFerPlus(join(work, "../shared/data/ferplus"));
  await writeClasses(join(work, "photographs"), ferClasses.slice(0, 3), photograph);
  await writeClasses(join(work, "mine"), ["frown", "smile"], photograph);
  for (const name of ["photo", "one", "two", "holiday/first", "photos/first"]) {
    mkdirSync(join(work, name, ".."), { recursive: true });
    const jpeg = await sharp(await photograph("test", 0, "happiness")).jpeg({ quality: 95 });
    await jpeg.toFile(join(work, `${name}.jpg`));
  }
  film(join(work, "photo.jpg"), join(work, "film.mp4"));
  writeFileSync(join(work, "face.png"), await render(drawnFace(1, "test", 0, "fear"), 96));
  for (const name of ["a", "b", "taught", "runs/mine/best"]) {
    mkdirSync(join(work, name, ".."), { recursive: true });
    cpSync(join(root, "models/faceclip-mini/mpa.safetensors"), join(work, `${name}.safetensors`));
  }
  const weights = join(root, "test/fixtures/convert");
  for (const name of ["open_clip_config.json", "vocab.json", "merges.txt"])
    cpSync(join(weights, name), join(work, name));
  cpSync(join(weights, "openai.pt"), join(work, "ViT-B-16.pt"));
  cpSync(join(weights, "openclip.pt"), join(work, "open_clip_pytorch_model.bin"));
  cpSync(join(weights, "openclip.safetensors"), join(work, "model.safetensors"));
}

/** Video of two seconds that shows one picture. */
function film(picture: string, out: string): void {
  const { status } = spawnSync("ffmpeg", ["-v", "error", "-loop", "1", "-i", picture, "-t", "2", "-r", "4", out]);
  if (status !== 0) console.warn("there is no ffmpeg here, so commands on film.mp4 will fail");
}

type Picture = (split: SplitName, person: number, name: FerClass) => Promise<Buffer>;

/** Places a face on a larger picture. */
const photograph: Picture = async (split, person, name) => {
  const picture = await render(drawnFace(1, split, person, name), 100);
  return await canvas(320, 240, [{ picture, side: 100, left: 110, top: 70 }]);
};

async function writeClasses(folder: string, names: readonly string[], picture: Picture): Promise<void> {
  for (const split of splitNames) {
    for (const [i, name] of names.entries()) {
      mkdirSync(join(folder, split, name), { recursive: true });
      for (let person = 0; person < people[split]; person++) {
        writeFileSync(join(folder, split, name, `${person}.png`), await picture(split, person, ferClasses[1 + i]));
      }
    }
  }
}

/** Layout of the FER+ authors, with all ten votes of an image for one class. */
async function writeFerPlus(folder: string): Promise<void> {
  for (const split of splitNames) {
    const part = join(folder, { train: "FER2013Train", valid: "FER2013Valid", test: "FER2013Test" }[split]);
    mkdirSync(part, { recursive: true });
    const rows: string[] = [];
    for (const [label, name] of ferClasses.entries()) {
      for (let person = 0; person < people[split]; person++) {
        const file = `fer${String(label * 100 + person).padStart(7, "0")}.png`;
        const face = await render(drawnFace(2, split, person, name), 48);
        await sharp(face).greyscale().png().toFile(join(part, file));
        const votes = Array.from({ length: 10 }, (_, i) => (i === label ? 10 : 0));
        rows.push(`${file},"(0, 0, 48, 48)",${votes.join(",")}`);
      }
    }
    writeFileSync(join(part, "label.csv"), `${rows.join("\n")}\n`);
  }
}
