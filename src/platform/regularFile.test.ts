import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { readBytes, readJson, readText } from "./files.node.ts";
import { isReadable, openRegular } from "./regularFile.node.ts";

let folder = "";
let root = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "regular-"));
  root = join(folder, "root");
  await mkdir(join(root, "in"), { recursive: true });
  await writeFile(join(root, "in", "own.txt"), "own");
  await writeFile(join(folder, "secret.txt"), "secret");
});
afterEach(() => rm(folder, { recursive: true }));

const textOf = async (path: string) => Buffer.from(await readBytes(path, { root })).toString();

describe.skipIf(process.platform === "win32")("openRegular", () => {
  test("rejects a pipe without waiting, also behind a link", async () => {
    const pipe = join(root, "pipe");
    execFileSync("mkfifo", [pipe]);
    await symlink("pipe", join(root, "link"));
    for (const path of [pipe, join(root, "link")]) {
      await expect(openRegular(path)).rejects.toThrow("it is a pipe and no regular file");
      await expect(openRegular(path, { root })).rejects.toThrow("it is a pipe and no regular file");
      expect(await isReadable(path, {})).toBe(false);
      await expect(readText(path, "CONFIG")).rejects.toMatchObject({ code: "CONFIG", message: /a pipe/ });
      await expect(readJson(path, z.unknown(), "CHECKPOINT")).rejects.toMatchObject({ code: "CHECKPOINT" });
    }
  });

  test("rejects a device, a folder and a socket", async () => {
    await expect(openRegular("/dev/zero")).rejects.toThrow("it is a device and no regular file");
    await expect(openRegular(root)).rejects.toThrow("it is a folder and no regular file");
    const socket = join(root, "socket");
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once("listening", resolve));
    await expect(openRegular(socket)).rejects.toThrow("it is a socket and no regular file");
    server.close();
  });
});

describe("the root folder", () => {
  test("contains its files, also by links inside", async () => {
    await symlink("in/own.txt", join(root, "link"));
    await symlink(root, join(folder, "other-name"));
    expect(await textOf(join(root, "in", "own.txt"))).toBe("own");
    expect(await textOf(join(root, "link"))).toBe("own");
    expect(await textOf(join(folder, "other-name", "link"))).toBe("own");
    root = join(folder, "other-name");
    expect(await textOf(join(root, "in", "own.txt"))).toBe("own");
  });

  test("does not contain files outside, by any kind of link", async () => {
    await symlink("../secret.txt", join(root, "near"));
    await symlink(join(folder, "secret.txt"), join(root, "far"));
    await symlink("near", join(root, "twice"));
    await symlink("..", join(root, "up"));
    await writeFile(join(folder, "root-2.txt"), "a name that begins like the folder's");
    for (const name of ["near", "far", "twice", "up/secret.txt", "../secret.txt", "../root-2.txt"]) {
      await expect(textOf(`${root}/${name}`), name).rejects.toThrow(`it is a link out of ${root}`);
      expect(await isReadable(`${root}/${name}`, { root })).toBe(false);
    }
    await expect(textOf(join(root, "none"))).rejects.toThrow("ENOENT");
    expect(Buffer.from(await readBytes(join(root, "near"))).toString()).toBe("secret");
  });

  test("does not contain a file that replaces another during opening", async () => {
    const path = join(root, "in", "own.txt");
    await symlink("../../secret.txt", join(root, "in", "next"));
    const opened = Array.from({ length: 50 }, () => textOf(path).catch((error: Error) => error.message));
    await rename(join(root, "in", "next"), path);
    expect(new Set(await Promise.all(opened))).not.toContain("secret");
  });
});

describe("the size limit", () => {
  test("applies before the file is read", async () => {
    const path = join(root, "in", "own.txt");
    await expect(readBytes(path, { max: 2 })).rejects.toThrow(RangeError);
    expect(await isReadable(path, { max: 2 })).toBe(false);
    expect(await isReadable(path, { max: 3 })).toBe(true);
  });

  test.skipIf(process.platform !== "linux")("applies to the content of a file that reports no size", async () => {
    expect((await textOf("/proc/self/status").catch(() => "")).length).toBe(0);
    expect(Buffer.from(await readBytes("/proc/self/status")).toString()).toMatch(/^Name:/);
    await expect(readBytes("/proc/self/status", { max: 100 })).rejects.toThrow(RangeError);
  });
});
