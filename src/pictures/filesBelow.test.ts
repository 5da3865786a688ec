import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { filesBelow } from "./filesBelow.node.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-below-"));
});
afterEach(() => rm(root, { recursive: true }));

const put = async (path: string, content = "") => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), Buffer.from(content, "latin1"));
};
const named = async (folder = root) => (await filesBelow(folder)).map(({ path, name }) => `${path} ${name}`);

it("lists all folders, detects kinds by ending or content, and skips hidden files", async () => {
  await put("b/S01/x.PNG");
  await put("b/a.jfif");
  await put("b/no-ending", "\xff\xd8\xff\xe0");
  await put("b/odd.jpg_large", "\xff\xd8\xff\xe0");
  await put("b/copy.jpg~", "\xff\xd8\xff\xe0");
  await put("a.HEIC");
  await put("clip.ts", `G${"\0".repeat(187)}`.repeat(4));
  await put("code.ts", "export const a = 1;\n");
  await put("notes");
  await put("page.html", "<html><svg/></html>");
  await put("BMW.txt", "BMW and others\0\0\0\0\0\0");
  await put("phone.heic", "\xff\xd8\xff\xe0");
  await put("old.nef", "II*\0\x08\0\0\0\0\0");
  for (const hidden of [".hidden.png", ".git/x.png", "Thumbs.db", "__MACOSX/b/._x.PNG"]) await put(hidden);
  expect(await named()).toEqual([
    ...["BMW.txt .txt", "a.HEIC HEIC", "b/S01/x.PNG PNG", "b/a.jfif JPEG", "b/copy.jpg~ .jpg~", "b/no-ending JPEG"],
    ...["b/odd.jpg_large JPEG", "clip.ts MPEG-TS video", "code.ts .ts", "notes file without an ending"],
    ...["old.nef NEF (RAW)", "page.html .html", "phone.heic JPEG"],
  ]);
});

it("follows links to files, and reads each folder once and none outside", async () => {
  await put("in/here/x.png");
  await put("out/y.png");
  await symlink(join(root, "out", "y.png"), join(root, "in", "linked.png"));
  await symlink(join(root, "out"), join(root, "in", "elsewhere"));
  await symlink("here", join(root, "in", "again"));
  await symlink("..", join(root, "in", "here", "up"));
  await symlink("nowhere.png", join(root, "in", "broken.png"));
  execFileSync("mkfifo", [join(root, "in", "pipe.png")]);
  expect(await named(join(root, "in"))).toEqual([
    ...["broken.png link to nothing", "elsewhere link to a folder elsewhere", "here/x.png PNG", "linked.png PNG"],
    "pipe.png device",
  ]);
  await symlink(join(root, "in"), join(root, "whole"));
  expect(await named(join(root, "whole"))).toHaveLength(5);
  await expect(filesBelow(join(root, "no"))).rejects.toThrow("ENOENT");
});

it("reads a linked hidden folder under the link's name", async () => {
  await put(".store/x.png");
  await symlink(".store", join(root, "shown"));
  expect(await named()).toEqual(["shown/x.png PNG"]);
});
