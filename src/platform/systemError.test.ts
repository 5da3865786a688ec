import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeFileAtomic } from "./files.node.ts";
import { lockFolder } from "./folderLock.node.ts";
import { isSystemError, strayFailure, systemFailure } from "./systemError.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "system-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const systemError = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: said`), { code, syscall, path: "/a" });

it("describes system errors with a remedy", async () => {
  const long = join(folder, "x".repeat(300));
  for (const [work, code, words] of [
    [() => readFile(join(folder, "no")), "NOT_FOUND", "there is no such file"],
    [() => readFile(folder), "NOT_FOUND", "it is a folder"],
    [() => readFile(long), "NOT_FOUND", "the name is too long"],
    [() => writeFile("/dev/full", "x"), "WRITE", "the disk is full, ENOSPC"],
    [() => mkdir(join(folder, "no", "deeper")), "WRITE", "there is no such file or folder"],
  ] as const) {
    const error = await thrown(work());
    expect(isSystemError(error)).toBe(true);
    if (!isSystemError(error)) continue;
    expect(strayFailure(error)).toMatchObject({ code, message: expect.stringContaining(words) });
  }
});

it.each([
  ["EMFILE", "open", "RUNTIME", "ulimit -n"],
  ["EACCES", "open", "ACCESS", "no right"],
  ["EACCES", "mkdir", "WRITE", "no right"],
  ["EROFS", "open", "WRITE", "read-only"],
])("tells %s of %s as %s", (code, syscall, expected, words) => {
  const error = strayFailure(systemError(code, syscall));
  expect(error).toMatchObject({ code: expected, message: expect.stringContaining(words) });
  expect(error.message).toContain("/a");
});

it("throws WRITE for every failed write, and does not convert other errors", async () => {
  for (const code of ["EMFILE", "EACCES", "ENOENT", "EWHATEVER"]) {
    expect(systemFailure(systemError(code, "open"), "write", "/b").code).toBe("WRITE");
  }
  expect(isSystemError(new Error("a mistake of ours"))).toBe(false);
  await expect(writeFileAtomic("/dev/full", "x")).rejects.toMatchObject({
    message: "cannot write (the disk is full, ENOSPC) (/dev/full). Fix: make room, then give the command again",
  });
});

it("rejects a lock that is a folder without deleting it", async () => {
  await mkdir(join(folder, "run", "run.lock"), { recursive: true });
  await writeFile(join(folder, "run", "run.lock", "precious"), "kept");
  await expect(lockFolder(join(folder, "run"))).rejects.toMatchObject({
    code: "WRITE",
    message: expect.stringContaining("run.lock is a folder"),
  });
  expect(await readFile(join(folder, "run", "run.lock", "precious"), "utf8")).toBe("kept");
});
