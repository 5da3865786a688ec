/**
 * `npm run docs`: builds the documentation site into site/, which any server of files can serve and a browser can open
 * from the disk.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./contents.ts";
import { buildSite } from "./site.ts";

const prepared = await mkdtemp(join(tmpdir(), "mpa-fer-pages-"));
try {
  await buildSite(join(root, "site"), prepared);
} finally {
  await rm(prepared, { recursive: true, force: true });
}
