import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDrawings } from "./drawings.ts";
import { jsonLines } from "./formats.ts";
import { toFile, toTable } from "./textOutput.ts";

const missing = { answer: { file: "a.jpg", faces: [], error: "the image is not there (a.jpg)" } };

it("the table names pictures that could not be read, and says why after it", async () => {
  const shown: unknown[] = [];
  const table = toTable((rows, reasons) => shown.push(rows, reasons));
  await table.add(missing);
  await table.add({ answer: { file: "b.jpg", faces: [] } });
  expect(await table.finish()).toBeUndefined();
  expect(shown).toEqual([
    [
      ["a.jpg", "", "not read", ""],
      ["b.jpg", "", "no face", ""],
    ],
    ["the image is not there (a.jpg)"],
  ]);
});

it("outputs in files say where they are", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-outputs-"));
  try {
    const path = join(folder, "answers.jsonl");
    const file = await toFile(path, jsonLines.open([], { videos: 0 }));
    await file.add(missing);
    expect(await file.finish()).toBe(`written: ${path}`);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(missing.answer);

    const drawings = await openDrawings(join(folder, "drawn"));
    await drawings.add(missing);
    const image = { data: new Uint8ClampedArray(12), width: 2, height: 2, channels: 3 as const };
    await drawings.add({ answer: { file: "b.jpg", faces: [] }, image });
    expect(await drawings.finish()).toBe(`drawn: 1 file in ${join(folder, "drawn")}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
