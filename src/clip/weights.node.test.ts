import { type FileHandle, mkdtemp, open, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { rememberHash, verifiedHash } from "./weights.node.ts";

const hash = "ab".repeat(32);
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  path = join(folder, "weights");
  await writeFile(path, "");
  await withFile((file) => file.truncate(40 * 1024 * 1024));
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const statusOf = () => stat(path, { bigint: true });

it("caches the hash of an unchanged file, until it is written to", async () => {
  const before = await statusOf();
  vi.setSystemTime(Date.now() + 5000);
  await rememberHash(path, before, await statusOf(), hash);
  expect(await verifiedHash(path, await statusOf())).toBe(hash);
  await withFile((file) => file.write("x", 100));
  // The modification time can be reset, the status change time cannot.
  await utimes(path, Number(before.atimeMs) / 1000, Number(before.mtimeMs) / 1000);
  expect(await verifiedHash(path, await statusOf())).toBeUndefined();
});

it("does not cache the hash of a file that changed recently or during the read, or is small", async () => {
  const before = await statusOf();
  await rememberHash(path, before, await statusOf(), hash);
  expect(await verifiedHash(path, before)).toBeUndefined();
  vi.setSystemTime(Date.now() + 5000);
  await withFile((file) => file.write("x", 100));
  await rememberHash(path, before, await statusOf(), hash);
  await withFile((file) => file.truncate(1000));
  const small = await statusOf();
  await rememberHash(path, small, small, hash);
  await expect(readdir(join(folder, "cache"))).rejects.toMatchObject({ code: "ENOENT" });
});

async function withFile(change: (file: FileHandle) => Promise<unknown>): Promise<void> {
  const file = await open(path, "r+");
  await change(file);
  await file.close();
}
