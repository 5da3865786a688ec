/**
 * `npm run docs`: builds the documentation site into site/ or the given folder, as static files that also work from disk, and
 * checks all of its links.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "./contents.ts";
import { buildSite } from "./site.ts";
import { brokenSiteLinks } from "./siteLinks.ts";

const [out] = process.argv.slice(2);
const site = out === undefined ? join(root, "site") : resolve(out);
const prepared = await mkdtemp(join(tmpdir(), "mpa-fer-pages-"));
try {
  await buildSite(site, prepared);
} finally {
  await rm(prepared, { recursive: true, force: true });
}
const broken = brokenSiteLinks(site);
for (const line of broken) console.error(line);
if (broken.length > 0) throw new Error(`${broken.length} links of the site lead nowhere`);
console.log(`${join(site, "index.html")}: every link in the site leads somewhere`);
