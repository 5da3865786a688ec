/** Build of the documentation site by VitePress. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vitepress";
import { root } from "../contents.ts";
import { makeBaseRelative, placeholderBase } from "./base.ts";
import { preparePages } from "./pages.ts";
import { brokenSiteLinks } from "./siteLinks.ts";

/** Builds the site into `out`, which is emptied first. Throws for a broken link, and as `preparePages` does. */
export async function buildSite(out: string): Promise<void> {
  // Inside the repository, where Node resolves the packages that VitePress's server bundle imports.
  const pages = await mkdtemp(join(root, ".pages-"));
  try {
    await preparePages(pages);
    // VitePress loads the configuration as a module of its own and passes it nothing.
    process.env.MPA_FER_PAGES = pages;
    await build(pages, { base: placeholderBase, outDir: out });
  } finally {
    await rm(pages, { recursive: true, force: true });
  }
  makeBaseRelative(out);
  const broken = brokenSiteLinks(out);
  for (const line of broken) console.error(line);
  if (broken.length > 0) throw new Error(`${broken.length} broken links in the site`);
}
