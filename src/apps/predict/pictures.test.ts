import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { filesOf, picturesOf } from "./pictures.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-files-"));
});
afterEach(() => rm(root, { recursive: true }));

const put = async (path: string, content = "") => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), Buffer.from(content, "latin1"));
};
const filesIn = async (word: string) => {
  const lines: string[] = [];
  const files = await filesOf([word], (line) => lines.push(line));
  return {
    files: files.map((file) => file.replace(`${root}/`, "")),
    lines: lines.map((line) => line.replace(root, "…")),
  };
};

it("of a folder are all pictures and videos, and the photographs that are not read, with a count of these and the rest", async () => {
  await put("IMG_1.JPG");
  await put("below/download.jfif");
  await put("IMG_2.HEIC");
  await put("IMG_3.jxl");
  await put("clip.mts");
  await put("notes.txt");
  await symlink("IMG_1.JPG", join(root, "linked.jpg"));
  await symlink("nowhere.jpg", join(root, "broken.jpg"));
  expect(await filesIn(root)).toEqual({
    files: ["IMG_1.JPG", "IMG_2.HEIC", "IMG_3.jxl", "below/download.jfif", "clip.mts", "linked.jpg"],
    lines: ["…: 4 of 8 files were passed over: 1 .txt, 1 HEIC, 1 JPEG XL, 1 link to nothing"],
  });
});

it("of a folder without any are an error that says what there is", async () => {
  await put("notes.txt");
  await expect(filesIn(root)).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: `there is no picture to read (1 .txt) (${root}). Fix: check the path`,
  });
});

it("of a pattern are what fits it, links among it", async () => {
  await put("a/x.jpg");
  await put("a/y.txt");
  await put("b/z.jpg");
  await symlink(join(root, "b", "z.jpg"), join(root, "a", "linked.jpg"));
  await symlink(join(root, "b"), join(root, "a", "folder"));
  await symlink(root, join(root, "b", "circle"));
  expect(await filesIn(join(root, "a/*.jpg"))).toEqual({ files: ["a/linked.jpg", "a/x.jpg"], lines: [] });
  expect((await filesIn(join(root, "**/*.jpg"))).files).toEqual(["a/folder/z.jpg", "a/linked.jpg", "a/x.jpg"]);
  await expect(filesIn(join(root, "*.png"))).rejects.toMatchObject({ code: "NOT_FOUND" });
});

it("are distinguished by their bytes where the name does not say what they are", async () => {
  const path = process.env.PATH;
  process.env.PATH = root;
  try {
    await put("video.ts", `G${"\0".repeat(187)}`.repeat(4));
    await put("program.ts", "export const a = 1;");
    const found = [];
    const files = [join(root, "video.ts"), join(root, "program.ts"), join(root, "none.jpg")];
    for await (const { answer, image } of picturesOf(files, { every: 1, stdin: Readable.from([]) })) {
      found.push([answer.error?.slice(0, 28), image?.toString().slice(root.length)]);
    }
    expect(found).toEqual([
      ["ffmpeg is not on the path (s", undefined],
      [undefined, "/program.ts"],
      [undefined, "/none.jpg"],
    ]);
  } finally {
    process.env.PATH = path;
  }
});

it("finds pictures below a folder whatever they and their folders are called", async () => {
  const names = [
    "=a.png",
    "a\nb.png",
    "\u001b[2J.jpg",
    "in\r\nside/__proto__.webp",
    "in/[x]*.png",
    "z\u2028.mp4",
  ].sort();
  for (const name of [...names, ".hidden/a.png", "in/.a.png", "note.txt"]) {
    await put(name);
  }
  expect(await filesOf([root])).toEqual(names.map((name) => `${root}/${name}`));
  expect(await filesOf([`${root}//`])).toEqual(names.map((name) => `${root}/${name}`));
  await expect(filesOf([join(root, ".hidden/..", "none*.png")])).rejects.toMatchObject({ code: "NOT_FOUND" });
});
