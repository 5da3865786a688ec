/**
 * `npm run docs`: builds the documentation site into site/ or the given folder, and checks all of its links. Any file server can
 * serve the folder, under any path.
 */
import { join, resolve } from "node:path";
import { root } from "./contents.ts";
import { buildSite } from "./site/buildSite.ts";

const [out] = process.argv.slice(2);
const site = out === undefined ? join(root, "site") : resolve(out);
await buildSite(site);
console.log(`${join(site, "index.html")}: all links checked`);
