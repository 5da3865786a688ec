/** Test data of the page: a picture of two faces, a video for the camera, faces in class folders, and two runs. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawnFace, render } from "../../src/apps/demo/dataset.ts";
import type { FerClass } from "../../src/data/sample.ts";
import { canvas, pixelsOf } from "../canvas.ts";
import { y4m } from "./y4m.ts";

export interface PageFolder {
  readonly path: string;
  /** picture of two faces */
  readonly group: string;
  /** video of the same picture */
  readonly film: string;
  /** `test/CLASS/PERSON.png` */
  readonly faces: string;
  /** runs `first` and `table/second` of 50 and 75 % accuracy, each with a report */
  readonly runs: string;
  face(name: string, person: number): string;
}

/** Makes a temporary folder with faces of these expressions and people. */
export async function makePageFolder(expressions: readonly FerClass[], people: readonly number[]): Promise<PageFolder> {
  const path = await mkdtemp(join(tmpdir(), "page-test-"));
  const [group, film, faces, runs] = ["group.png", "film.y4m", "faces", "runs"].map((name) => join(path, name));
  const face = (name: string, person: number) => join(faces, "test", name, `${person}.png`);
  const drawn = await Promise.all([0, 1].map((person) => render(drawnFace(1, "test", person, "happiness"), 200)));
  const placed = drawn.map((picture, i) => ({ picture, side: 160, left: 60 + 300 * i, top: 90 }));
  const picture = await canvas(640, 360, placed);
  await writeFile(group, picture);
  await writeFile(film, y4m([await pixelsOf(picture)]));
  for (const name of expressions) {
    await mkdir(join(faces, "test", name), { recursive: true });
    for (const person of people) {
      await writeFile(face(name, person), await render(drawnFace(1, "test", person, name), 96));
    }
  }
  await writeRun(join(runs, "first"), 0.5);
  await writeRun(join(runs, "table", "second"), 0.75);
  return { path, group, film, faces, runs, face };
}

async function writeRun(folder: string, accuracy: number): Promise<void> {
  const fear = { recall: 0.5, precision: 1, f1: 0.6, support: 4 };
  const manifest = {
    finished: true,
    config: { variant: "mpa", dataset: "folder", seed: 100 * accuracy },
    backbone: { name: "faceclip-mini", sha256: "0" },
    ...{ steps: 4, epochs: 2 },
    metrics: { accuracy, uar: 0.5, ece: 0.1, n: 8, perClass: { fear } },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "run.json"), JSON.stringify(manifest));
  await writeFile(join(folder, "report.html"), `<title>r</title><style>p{color:red}</style><p>${100 * accuracy} %`);
}
