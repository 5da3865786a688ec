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

it("a stream replaces the old file when it is finished", async () => {
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

it("an unfinished stream retains the old file and leaves no other", async () => {
  const path = join(folder, "a.jsonl");
  await writeFile(path, "old");
  const stream = await openFileStream(path);
  await stream.write("half");
  await stream.dispose();
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.jsonl"]);
});

it("a stream into a missing folder throws WRITE", async () => {
  await expect(openFileStream(join(folder, "none", "a"))).rejects.toMatchObject({ code: "WRITE" });
});

it.each(["..", ".", "", "../x", "a/b", "a\\b", "a\0"])("rejects the folder name %j", (name) =>
  expect(() => requireFolderName(name, "DATASET")).toThrow(expect.objectContaining({ code: "DATASET" })),
);

it.each(["a", "..a", "<b>", "a\nb"])("accepts the folder name %j", (name) =>
  expect(requireFolderName(name, "DATASET")).toBe(name),
);
