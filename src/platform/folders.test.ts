import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openFileStream, requireFolderName } from "./folders.node.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("a file that is streamed appears whole when it is finished, in the place of the old one", async () => {
  const path = join(folder, "a.jsonl");
  await writeFile(path, "old");
  const stream = await openFileStream(path);
  await stream.write("one\n");
  await stream.write("two\n");
  expect(await readFile(path, "utf8")).toBe("old");
  await stream.finish();
  await stream.dispose();
  expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
  expect(await readdir(folder)).toEqual(["a.jsonl"]);
});

it("a stream that is not finished leaves the old file, and nothing beside it", async () => {
  const path = join(folder, "a.jsonl");
  await writeFile(path, "old");
  const stream = await openFileStream(path);
  await stream.write("half");
  await stream.dispose();
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.jsonl"]);
});

it("a stream into a folder that is not there is an error of writing", async () => {
  await expect(openFileStream(join(folder, "none", "a"))).rejects.toMatchObject({ code: "WRITE" });
});

it.each(["..", ".", "", "../x", "a/b", "a\\b", "a\0"])("knows that no folder can be called %j", (name) =>
  expect(() => requireFolderName(name, "DATASET")).toThrow(expect.objectContaining({ code: "DATASET" })),
);

it.each(["a", "..a", "<b>", "a\nb"])("takes %j for a folder's name", (name) =>
  expect(requireFolderName(name, "DATASET")).toBe(name),
);
