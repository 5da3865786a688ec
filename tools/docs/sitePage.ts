/** A page of the repository as a page of the site: code that it quotes, and links to files that are no pages. */
import { posix } from "node:path";
import type { Page } from "./contents.ts";
import { findDeclaration } from "./declaration.ts";
import { isOutside, linesOf, linkPattern } from "./markdown.ts";

/** Scheme of links to files of the repository, until the page's place in the site is known. */
export const repositoryScheme = "repository:";

/** A line that is nothing but a link to a name in a source file: on the site the code itself stands there. */
const quotePattern = /^\[`([\w.]+)`\]\(([^()\s#]+\.ts)#(\w+)\)$/;

/** `isPage` tells whether a path from the root is a page of the site. Throws where the code that is quoted is gone. */
export function sitePage(page: Page, isPage: (file: string) => boolean): string {
  const lines = linesOf(page.text).map(({ text, fenced }) => {
    if (fenced) return text;
    const quote = quotePattern.exec(text);
    return quote === null ? linked(text, page.file, isPage) : quoted(page.file, quote[2], quote[3]);
  });
  return [...frontMatter(page), ...lines].join("\n");
}

/** Path from the root of what a page's link means; a folder's ends without a slash. */
export const fromRoot = (page: string, target: string): string =>
  posix.join(posix.dirname(page), target).replace(/\/$/, "");

const frontMatter = ({ file, group, title }: Page): string[] =>
  group === "" ? [] : ["---", ...Object.entries({ title, group, file }).map(yamlLine), "---", ""];

/** A JSON string is one of YAML, too. */
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
