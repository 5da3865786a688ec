import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onlyClasses, parseFold, withPersons } from "./part.node.ts";
import type { Split } from "./sample.ts";

const split: Split = {
  ...{ name: "train", root: "faces", classes: ["neutral", "anger", "fear"], leftOut: 0 },
  samples: [
    { file: "a.png", label: 0 },
    { file: "b.png", label: 1, target: [0.5, 0.25, 0.25] },
    { file: "c.png", label: 2, target: [0.5, 0, 0.5] },
  ],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-part-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("some classes keep the order of the data, and targets their sum", () => {
  const { classes, samples } = onlyClasses(split, ["fearful", "anger"]);
  expect(classes).toEqual(["anger", "fear"]);
  expect(samples).toEqual([
    { file: "b.png", label: 0, target: [0.5, 0.5] },
    { file: "c.png", label: 1, target: [0, 1] },
  ]);
});

it("some classes are two of the data's at least", () => {
  expect(() => onlyClasses(split, ["anger", "joy"])).toThrow(/there is no class joy.*neutral/);
  expect(() => onlyClasses(split, ["anger"])).toThrow(/single class/);
});

it("a fold is one of three or more", () => {
  expect(parseFold("2/5")).toEqual({ fold: 2, of: 5 });
  for (const text of ["0/5", "6/5", "1/2", "1", "1/05", "-1/5", "1/5/2"]) expect(parseFold(text)).toBeUndefined();
});

describe("persons of a CSV", () => {
  const read = async (text: string) => {
    const file = join(folder, "persons.csv");
    await writeFile(file, text);
    return withPersons(split.samples, file);
  };

  it("are found by the file, whatever other columns there are", async () => {
    const samples = await read("image,label,person\nc.png,x,q\na.png,y,p\nb.png,z,p\n");
    expect(samples.map(({ person }) => person)).toEqual(["p", "p", "q"]);
  });

  it("are known for every image", async () => {
    await expect(read("image,person\na.png,p\nb.png,\n")).rejects.toThrow(/no person for b.png and 1 other/);
    await expect(read("image,who\na.png,p\n")).rejects.toThrow(/no column person/);
  });
});
