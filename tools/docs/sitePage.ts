/** Conversion of a repository page to a page of the site: quoted code, and links to other files. */
import { posix } from "node:path";
import type { Page } from "./contents.ts";
import { findDeclaration } from "./declaration.ts";
import { isOutside, linesOf, linkPattern } from "./markdown.ts";

/** Temporary URL scheme of links to repository files, until the page's path in the site is known. */
export const repositoryScheme = "repository:";

/** A line that consists of a link to a name in a source file; the site shows the code instead. */
const quotePattern = /^\[`([\w.]+)`\]\(([^()\s#]+\.ts)#(\w+)\)$/;

/** Converts a page; `isPage` tells whether a path from the root is a page of the site. Throws if quoted code is missing. */
export function sitePage(page: Page, isPage: (file: string) => boolean): string {
  const lines = linesOf(page.text).map(({ text, fenced }) => {
    if (fenced) return text;
    const quote = quotePattern.exec(text);
    return quote === null ? linked(text, page.file, isPage) : quoted(page.file, quote[2], quote[3]);
  });
  return [...frontMatter(page), ...lines].join("\n");
}

/** Path of a link target from the root, without a trailing slash. */
export const fromRoot = (page: string, target: string): string =>
  posix.join(posix.dirname(page), target).replace(/\/$/, "");

const frontMatter = ({ file, group, title }: Page): string[] =>
  group === "" ? [] : ["---", ...Object.entries({ title, group, file }).map(yamlLine), "---", ""];

/** Quotes a YAML string; a JSON string is valid YAML. */
const yamlLine = ([key, value]: readonly [string, string]): string => `${key}: ${JSON.stringify(value)}`;

const linked = (line: string, page: string, isPage: (file: string) => boolean): string =>
  line.replace(linkPattern, (whole, mark: string, text: string, target: string) => {
    if (mark !== "" || isOutside(target) || target.startsWith("#")) return whole;
    const [path, anchor] = target.split("#");
    const file = fromRoot(page, path);
    if (isPage(file)) return whole;
    const place = anchor === undefined ? "" : `#L${findDeclaration(file, anchor).line}`;
    return `[${text}](${repositoryScheme}${file}${place})`;
  });

function quoted(page: string, target: string, name: string): string {
  const file = fromRoot(page, target);
  const { code, line } = findDeclaration(file, name);
  return ["```ts", code, "```", `[\`${file}\`, line ${line}](${repositoryScheme}${file}#L${line})`].join("\n");
}
