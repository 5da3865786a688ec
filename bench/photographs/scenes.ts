/** Photographs with faces at known places, as JPEG files: drawn faces, or those of a folder. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { drawnFace, render } from "../../src/apps/demo/dataset.ts";
import { Random } from "../../src/platform/random.ts";
import { canvas, type PlacedFace } from "../../test/canvas.ts";

export interface Scenes {
  readonly name: string;
  readonly files: readonly string[];
  /** faces placed in all files */
  readonly faces: number;
}

interface Kind {
  readonly name: string;
  readonly count: number;
  readonly sizes: readonly (readonly [width: number, height: number])[];
  /** faces a picture */
  readonly faces: readonly number[];
  /** sides of faces in pixels */
  readonly sides: readonly [min: number, max: number];
}

const kinds: readonly Kind[] = [
  { name: "640×480", count: 20, sizes: [[640, 480]], faces: [1], sides: [60, 240] },
  { name: "1280×720", count: 20, sizes: [[1280, 720]], faces: [1, 2, 3], sides: [60, 300] },
  { name: "4000×3000", count: 20, sizes: [[4000, 3000]], faces: [1, 2, 3], sides: [200, 900] },
  {
    name: "about 1 megapixel",
    count: 60,
    sizes: [
      [1152, 864],
      [1024, 1024],
      [864, 1152],
      [1280, 800],
    ],
    faces: [1, 2, 4],
    sides: [48, 240],
  },
];

export interface SceneOptions {
  /** folder of pictures of one face each; absent: drawn ones */
  readonly faces: string | undefined;
  /** pictures of a kind at most */
  readonly most: number;
}

/** Writes the pictures of every kind into `folder`. */
export async function writeScenes(folder: string, { faces, most }: SceneOptions): Promise<Scenes[]> {
  const people = faces === undefined ? await drawnPeople() : await peopleIn(faces);
  const scenes: Scenes[] = [];
  for (const [k, kind] of kinds.entries()) {
    const random = new Random("photographs", k);
    const files: string[] = [];
    let placed = 0;
    for (let i = 0; i < Math.min(kind.count, most); i++) {
      const [width, height] = kind.sizes[i % kind.sizes.length];
      const own = places(kind, i, width, height, random).map((place) => ({
        ...place,
        picture: people[random.integer(people.length)],
      }));
      placed += own.length;
      const file = join(folder, `${k}-${i}.jpg`);
      await writeFile(
        file,
        await sharp(await canvas(width, height, own))
          .jpeg({ quality: 90 })
          .toBuffer(),
      );
      files.push(file);
    }
    scenes.push({ name: kind.name, files, faces: placed });
  }
  return scenes;
}

/** Faces beside each other, each in a column of its own. */
function places({ faces, sides: [min, max] }: Kind, i: number, width: number, height: number, random: Random) {
  const count = faces[i % faces.length];
  const column = Math.floor(width / count);
  return Array.from({ length: count }, (_, c): Omit<PlacedFace, "picture"> => {
    const side = Math.min(min + random.integer(max - min + 1), Math.floor(0.8 * column), Math.floor(0.8 * height));
    return {
      side,
      left: c * column + random.integer(column - side),
      top: random.integer(height - side),
    };
  });
}

const drawnPeople = () =>
  Promise.all(Array.from({ length: 24 }, (_, person) => render(drawnFace(1, "test", person, "happiness"), 600)));

async function peopleIn(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
  const step = Math.max(1, Math.floor(names.length / 100));
  const chosen = names.filter((_, i) => i % step === 0);
  return Promise.all(
    chosen.map((name) => sharp(join(folder, name)).resize(250, 250, { fit: "cover" }).png().toBuffer()),
  );
}
