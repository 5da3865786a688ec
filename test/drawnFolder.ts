/** Small data set in class folders: circles, crosses and squares of various sizes and greys. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { Random } from "../src/platform/random.ts";

const shapes: Readonly<Record<string, (r: number) => string>> = {
  circle: (r) => `<circle cx="24" cy="24" r="${r}"/>`,
  cross: (r) => `<path d="M${24 - r} 21h${2 * r}v6h-${2 * r}z M21 ${24 - r}h6v${2 * r}h-6z"/>`,
  square: (r) => `<rect x="${24 - r}" y="${24 - r}" width="${2 * r}" height="${2 * r}"/>`,
};

/** Writes {split}/{class}/{0,1,…}.png, this many in each class, and returns the folder. */
export async function drawnFolder(folder: string, counts: Readonly<Record<string, number>>): Promise<string> {
  for (const [split, count] of Object.entries(counts)) {
    for (const [name, draw] of Object.entries(shapes)) {
      await mkdir(join(folder, split, name), { recursive: true });
      for (let i = 0; i < count; i++) {
        const random = new Random("drawn", split, name, i);
        const [back, fore] = [random.integer(100), 150 + random.integer(100)];
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" fill="rgb(${fore},${fore},${fore})">
          <rect width="48" height="48" fill="rgb(${back},${back},${back})"/>${draw(8 + random.integer(12))}</svg>`;
        await sharp(Buffer.from(svg))
          .png()
          .toFile(join(folder, split, name, `${i}.png`));
      }
    }
  }
  return folder;
}
