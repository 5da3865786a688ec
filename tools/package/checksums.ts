/** SHA-256 of all files of the bundled models but their cards, in the format of `sha256sum`. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../src/platform/package.node.ts";

/** Content of `SHA256SUMS` of a folder of models; `sha256sum -c SHA256SUMS` there checks it. */
export async function checksums(models: string): Promise<string> {
  const folders = (await readdir(models, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const lines: string[] = [];
  for (const { name } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const files = (await readdir(join(models, name))).filter((file) => !file.endsWith(".md")).sort();
    for (const file of files) lines.push(`${sha256(await readFile(join(models, name, file)))}  ${name}/${file}`);
  }
  return `${lines.join("\n")}\n`;
}
