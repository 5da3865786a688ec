import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { getFolder, putFolder, type Storage } from "./storage.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-storage-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Remembers in which order files came. */
function memory(): Storage & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    get: async (name) => files.get(name),
    put: async (name, bytes) => void files.set(name, bytes),
    list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)),
  };
}

it("uploads the completion marker last, and downloads the files again", async () => {
  const storage = memory();
  for (const name of ["b", "a", "z"]) await writeFile(join(folder, name), name);
  await putFolder(storage, "run", folder, "a");
  expect([...storage.files.keys()].at(-1)).toBe("run/a");
  await getFolder(storage, "run", join(folder, "back"), "a");
  expect((await readdir(join(folder, "back"))).sort()).toEqual(["a", "b", "z"]);
  expect(await readFile(join(folder, "back", "z"), "utf8")).toBe("z");
});

it("writes nothing outside the folder for any names in the bucket", async () => {
  const storage = memory();
  for (const name of ["run/../out", "run/..", "run/below/it", "run/in"]) storage.files.set(name, Uint8Array.of(1));
  await getFolder(storage, "run", join(folder, "back"), "in");
  expect(await readdir(folder)).toEqual(["back"]);
  expect(await readdir(join(folder, "back"))).toEqual(["in"]);
});
