import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { imagePath } from "./dataset.node.ts";

let folder: string;
let root: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "mpa-fer-links-")));
  root = join(folder, "data");
  for (const each of [join(root, "list", "part"), join(folder, "disk"), join(folder, "list-other")]) {
    await mkdir(each, { recursive: true });
    await writeFile(join(each, "a.png"), "");
  }
  await symlink(join(folder, "disk", "a.png"), join(root, "list", "out.png"));
  await symlink(join(folder, "disk"), join(root, "list", "behind"));
  await symlink(join("part", "a.png"), join(root, "list", "inside.png"));
  await symlink(join(folder, "disk"), join(root, "linked"));
  await symlink("nowhere.png", join(root, "list", "dangling.png"));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ["list", "list/part/a.png"],
  ["list", "list/inside.png"],
  ["linked", "linked/a.png"],
  ["list", "list/missing.png"],
  ["list", "list/dangling.png"],
  [undefined, "list/out.png"],
])("accepts below %s the file %s", async (listedIn, file) =>
  expect(await imagePath({ root, listedIn }, file)).toBe(join(root, file)),
);

it.each([
  ["list", "list/out.png"],
  ["list", "list/behind/a.png"],
  ["list", "list/../linked/a.png"],
  ["list", "../list-other/a.png"],
])("rejects below %s the file %s", async (listedIn, file) =>
  expect(imagePath({ root, listedIn }, file)).rejects.toMatchObject({ code: "IMAGE" }),
);
