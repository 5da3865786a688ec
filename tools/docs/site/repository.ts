/** Files and folders of the repository in the site: code as pages with an anchor for each line, data as it is. */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { root } from "../contents.ts";

const folder = "repository";

/** Languages of the files that are shown as code, by the end of their name. */
const languages = new Map(
  Object.entries({
    ts: "ts",
    tsx: "tsx",
    js: "js",
    mjs: "js",
    py: "python",
    html: "html",
    css: "css",
    sh: "sh",
    yaml: "yaml",
    cff: "yaml",
  }),
);

/** Files that are linked as they are. */
const data = /\.(json|jsonl|txt)$|^[^.]+$/;

/** Path in the site of a file or folder of the repository; a page is named by its Markdown. */
export function repositoryPath(file: string): string {
  if (isFolder(file)) return `${folder}/${file}/index.md`;
  if (languages.has(endOf(file))) return `${folder}/${file}.md`;
  // VitePress would make a page of Markdown.
  return endOf(file) === "md" ? `${folder}/${file}.txt` : `${folder}/${file}`;
}

/** Writes the files, and the content of the folders, into the folder `pages`. */
export function writeRepository(pages: string, files: Iterable<string>): void {
  const waiting = [...files];
  const done = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (done.has(file)) continue;
    done.add(file);
    const target = join(pages, isPage(file) ? "" : "public", repositoryPath(file));
    mkdirSync(dirname(target), { recursive: true });
    if (isFolder(file)) {
      const entries = entriesOf(file);
      writeFileSync(target, framed(file, entries.map((entry) => listItem(file, entry)).join("\n")));
      waiting.push(...entries);
    } else if (isPage(file)) writeFileSync(target, framed(file, code(file)));
    else cpSync(join(root, file), target);
  }
}

const endOf = (file: string): string => posix.extname(file).slice(1);
const isFolder = (file: string): boolean => statSync(join(root, file)).isDirectory();
const isPage = (file: string): boolean => repositoryPath(file).endsWith(".md");

/** Paths of the folders and text files in a folder. */
const entriesOf = (file: string): string[] =>
  readdirSync(join(root, file), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() || languages.has(posix.extname(entry.name).slice(1)) || data.test(entry.name),
    )
    .map(({ name }) => `${file}/${name}`)
    .sort();

const listItem = (file: string, entry: string): string =>
  `- [${posix.basename(entry)}](./${posix.relative(`${folder}/${file}`, repositoryPath(entry))})`;

const framed = (file: string, body: string): string =>
  [
    "---",
    "search: false",
    "aside: false",
    "editLink: false",
    "prev: false",
    "next: false",
    `title: ${JSON.stringify(file)}`,
    "---",
    `# \`${file}\``,
    "",
    body,
    "",
  ].join("\n");

function code(file: string): string {
  const text = readFileSync(join(root, file), "utf8").replace(/\n*$/, "\n");
  return `\`\`\`\`\`${languages.get(endOf(file))}:line-numbers ${lineAnchors}\n${text}\`\`\`\`\``;
}

/** Word after the language of a block whose lines have anchors. */
export const lineAnchors = "line-anchors";
