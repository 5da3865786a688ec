import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockFolder, lockName } from "./folderLock.node.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const leave = (holder: unknown) =>
  writeFile(join(folder, lockName), typeof holder === "string" ? holder : JSON.stringify(holder));
const refused = { code: "WRITE", message: expect.stringMatching(/process \d+ on .* is at work in the folder/) };

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

it("locks exclusively until it is released", async () => {
  const first = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject(refused);
  await first.release();
  expect(await readdir(folder)).toEqual([]);
  await (await lockFolder(folder)).release();
});

it("gives the lock to exactly one of several concurrent calls, also if it was abandoned", async () => {
  await leave({ id: "dead", pid: await deadProcess(), host: hostname() });
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readdir(folder)).toEqual([lockName]);
});

it("removes the lock of a killed process, even an incomplete one", async () => {
  for (const left of [{ id: "dead", pid: await deadProcess(), host: hostname() }, "", '{"id":"a","pid":']) {
    await leave(left);
    await (await lockFolder(folder)).release();
  }
});

it("distinguishes a process from a later one with the same pid", async () => {
  await leave({ id: "dead", pid: process.pid, host: hostname(), started: "1" });
  if (process.platform === "linux") await (await lockFolder(folder)).release();
  else await expect(lockFolder(folder)).rejects.toMatchObject(refused);
});

it("respects a recent lock of another machine", async () => {
  const theirs = { id: "theirs", pid: 1, host: "another.machine" };
  await leave(theirs);
  await expect(lockFolder(folder)).rejects.toMatchObject(refused);
  expect(JSON.parse(await readFile(join(folder, lockName), "utf8"))).toEqual(theirs);
});

it("removes a lock of another machine that is no longer updated", async () => {
  await leave({ id: "theirs", pid: 1, host: "another.machine" });
  const minutesAgo = new Date(Date.now() - 120_000);
  await utimes(join(folder, lockName), minutesAgo, minutesAgo);
  await (await lockFolder(folder)).release();
});

it("releases only its own lock", async () => {
  const first = await lockFolder(folder);
  await leave({ id: "theirs", pid: process.pid, host: hostname() });
  await first.release();
  expect(await readdir(folder)).toEqual([lockName]);
});

it("throws WRITE for a folder that is not writable", async () => {
  await expect(lockFolder(join(folder, "missing"))).rejects.toMatchObject({ code: "WRITE" });
});
