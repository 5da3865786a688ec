import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadSplit } from "./datasets.node.ts";
import { labelLines, readLabels } from "./labelFile.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-labels-"));
});
afterAll(() => rm(folder, { recursive: true }));

const put = async (name: string, content: string) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
const linesOf = async (path: string) => {
  const lines: [number, string][] = [];
  for await (const { line, text } of labelLines(path)) lines.push([line, text]);
  return lines;
};

it("yields numbered lines for any line ends and chunks", async () => {
  expect(await linesOf(await put("a", "\uFEFFhead\r\n\nü\nlast"))).toEqual([
    [1, "head"],
    [3, "ü"],
    [4, "last"],
  ]);
  const long = Array.from({ length: 30_000 }, (_, i) => `row ${i} ü`);
  expect(await linesOf(await put("long", `${long.join("\n")}\n`))).toEqual(long.map((text, i) => [i + 1, text]));
  expect(await linesOf(await put("empty", ""))).toEqual([]);
});

it("rejects pipes, devices, folders and files above the maximum", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const large = await put("large", "");
  await truncate(large, 450e6);
  for (const read of [readLabels, linesOf]) {
    for (const path of [pipe, "/dev/zero", folder, large]) {
      await expect(read(path)).rejects.toMatchObject({ code: "DATASET", message: expect.stringContaining(path) });
    }
  }
  await expect(readLabels(pipe)).rejects.toThrow("the label file cannot be read (it is a pipe and no regular file)");
  await expect(linesOf(large)).rejects.toThrow("the line has more than 65536 characters");
});

it("rejects a label.csv that is a pipe, has 450 MB or 60 million commas, in little memory", async () => {
  const root = join(folder, "set");
  await mkdir(join(root, "FER2013Train"), { recursive: true });
  const labels = join(root, "FER2013Train", "label.csv");
  const refused = () => expect(loadSplit("ferplus", root, "train")).rejects;
  execFileSync("mkfifo", [labels]);
  await refused().toThrow("it is a pipe");
  await rm(labels);
  await writeFile(labels, "");
  await truncate(labels, 450e6);
  await refused().toThrow("it has more than 16 MiB");
  await writeFile(labels, ",".repeat(15e6));
  await refused().toThrow("the row has more than 10000 cells");
});
