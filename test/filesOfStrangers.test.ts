/** Pipes and links in place of regular files: each reader refuses them in one line, and none blocks. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPublishedRun } from "../src/apps/push/publishedRun.ts";
import { readDescriptions } from "../src/method/model.node.ts";
import { lockFolder, lockName } from "../src/platform/folderLock.node.ts";
import { readRecords, runFiles } from "../src/runs/runFolder.ts";
import { folderStorage } from "../src/runs/shared/storage.ts";
import { callProgram } from "./callProgram.ts";

let folder = "";
let pipe = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "strangers-"));
  pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(process.platform === "win32")("a pipe", () => {
  it.each([
    ["CONFIG", "predict", "a.png", "--config"],
    ["CONFIG", "predict", "a.png", "--no-detect", "--zero-shot", "--descriptions"],
    ["NOT_FOUND", "predict", "a.png", "--no-detect", "--checkpoint"],
    ["CONFIG", "train", "--replay"],
    ["NOT_FOUND", "predict", "a.png", "--plugin"],
    ["ACCESS", "serve", "--port", "0", "--token-file"],
  ])("is rejected with %s by %s", async (code, ...argv) => {
    const { code: exit, stderr } = await callProgram([...argv, pipe]);
    expect(stderr).toMatch(new RegExp(`^mpa-fer: ${code}: [^\\n]*it is a pipe and no regular file[^\\n]*\\n$`));
    expect(exit).toBe(2);
  });

  it("is no record of a run, no description and no lock", async () => {
    await expect(readRecords(pipe)).rejects.toMatchObject({ code: "CHECKPOINT" });
    await expect(readDescriptions(pipe)).rejects.toMatchObject({ code: "CONFIG" });
    const run = join(folder, "locked");
    await mkdir(run);
    execFileSync("mkfifo", [join(run, lockName)]);
    await (await lockFolder(run)).release();
  });
});

describe("a link out of the folder", () => {
  it("is not published with a run, nor copied from a shared folder", async () => {
    const run = join(folder, "run");
    await mkdir(run);
    await writeFile(join(folder, "secret.json"), "{}");
    await symlink("../secret.json", join(run, runFiles.manifest));
    await expect(readPublishedRun(join(run, runFiles.manifest))).rejects.toMatchObject({
      code: "CHECKPOINT",
      message: expect.stringMatching(/it is a link out of/),
    });
    await expect(folderStorage(run).get(runFiles.manifest)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await folderStorage(run).get("none")).toBeUndefined();
  });
});
