import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { readJson, readText, writeFileAtomic } from "./files.node.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("writeFileAtomic", () => {
  test("replaces a file with text or bytes, and leaves no other files", async () => {
    const path = join(folder, "a.json");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, new Uint8Array([0xc3, 0xa9]));
    expect(await readFile(path, "utf8")).toBe("é");
    expect(await readdir(folder)).toEqual(["a.json"]);
  });

  test("retains the old file, and leaves no other, if it fails", async () => {
    const path = join(folder, "taken");
    await mkdir(path);
    await writeFile(join(path, "precious"), "kept");
    await expect(writeFileAtomic(path, "new")).rejects.toMatchObject({ code: "WRITE", exitCode: 1 });
    expect(await readdir(folder)).toEqual(["taken"]);
    expect(await readFile(join(path, "precious"), "utf8")).toBe("kept");
  });

  test("throws one line with the path if the folder does not exist", async () => {
    const path = join(folder, "none", "a.json");
    const message = new RegExp(
      `^cannot write \\(there is no such file or folder, ENOENT\\) \\(${path}\\). Fix: check the path$`,
    );
    await expect(writeFileAtomic(path, "x")).rejects.toThrow(message);
  });

  test("follows links", async () => {
    await writeFile(join(folder, "real"), "old");
    await symlink("real", join(folder, "link"));
    await writeFileAtomic(join(folder, "link"), "new");
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
    expect((await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())).toHaveLength(1);
  });

  test.skipIf(process.platform === "win32")("writes to a device without replacing it", async () => {
    await writeFileAtomic("/dev/null", "gone");
    expect(await readFile("/dev/null", "utf8")).toBe("");
  });
});

describe("readJson", () => {
  const schema = z.object({ classes: z.array(z.string()).min(1) });
  const read = async (content: string) => {
    const path = join(folder, "a.json");
    await writeFile(path, content);
    return await readJson(path, schema, "CHECKPOINT");
  };

  test("returns the output of the schema", async () => {
    expect(await read('\uFEFF{"classes": ["fear"], "more": 1}')).toEqual({ classes: ["fear"] });
  });

  test.each([
    ["", /^the file is not JSON \(.*\) \(.*a\.json\). Fix: correct the file$/],
    ['{"classes": [', /^the file is not JSON \(.*\) \(.*a\.json\). Fix: correct the file$/],
    [
      '{"classes": ["fear", 3]}',
      /^the file does not fit \(classes\.1: .*string.*\) \(.*a\.json\). Fix: correct the file$/,
    ],
    ["[]", /^the file does not fit \(Invalid input: expected object.*\) \(.*a\.json\). Fix: correct the file$/],
  ])("refuses %j under the caller's code", async (content, message) => {
    const error = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CHECKPOINT", message: expect.stringMatching(message) });
  });

  test("distinguishes a missing file from an unreadable one", async () => {
    await expect(readText(join(folder, "none"), "CONFIG")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(readText(folder, "CONFIG")).rejects.toMatchObject({ code: "CONFIG" });
  });
});
