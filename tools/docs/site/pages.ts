/** Source folder of the site for VitePress: the repository's pages, the reference, linked files, configuration. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readPages, root } from "../contents.ts";
import { libraryPage, readExports, writeReference } from "./reference.ts";
import { writeRepository } from "./repository.ts";
import { exportLists } from "./sidebars.ts";
import { sitePage } from "./sitePage.ts";

/** Writes all sources of the site into the folder `out`. Throws if a page, quoted code or the comment of an export is missing. */
export async function preparePages(out: string): Promise<void> {
  const linked = new Set(await writeReference(out));
  const exports = readExports(out);
  const pages = readPages();
  const files = new Set(pages.map(({ file }) => file));
  const site = {
    isPage: (file: string) => files.has(file),
    referencePage: (name: string) => exports.find((each) => each.module === "mpa-fer" && each.name === name)?.file,
  };
  for (const page of pages) {
    const { text, linked: links } = sitePage(page, site);
    write(out, page.file, page.file === libraryPage ? `${text}\n${exportLists(exports)}\n` : text);
    for (const file of links) linked.add(file);
  }
  writeRepository(out, linked);
  cpSync(join(import.meta.dirname, "home.md"), join(out, "index.md"));
  cpSync(join(root, "docs/figures"), join(out, "docs/figures"), { recursive: true });
  cpSync(join(root, "docs/figures"), join(out, "public/figures"), { recursive: true });
  write(
    out,
    ".vitepress/config.ts",
    `export { default } from ${JSON.stringify(join(import.meta.dirname, "config.ts"))};\n`,
  );
  write(
    out,
    ".vitepress/theme/index.ts",
    `export { default } from ${JSON.stringify(join(import.meta.dirname, "theme.ts"))};\n`,
  );
}

function write(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
