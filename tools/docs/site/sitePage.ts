/** Conversion of a repository page to a page of the site: quoted code, diagrams, and links to other files. */
import { posix } from "node:path";
import type { Page } from "../contents.ts";
import { findDeclaration } from "../declaration.ts";
import { fromRoot, isOutside, linesOf, linkPattern } from "../markdown.ts";
import { layersOf } from "./diagram.ts";
import { repositoryPath } from "./repository.ts";

/** What a page needs to know about the site. */
export interface Site {
  /** whether a path from the root is a page of the site */
  readonly isPage: (file: string) => boolean;
  /** page of an export of the package, from the root of the site */
  readonly referencePage: (name: string) => string | undefined;
}

export interface SitePage {
  readonly text: string;
  /** files and folders of the repository that it links to */
  readonly linked: readonly string[];
}

/** A line that consists of a link to a name in a source file; the site shows the code instead. */
const quotePattern = /^\[`([\w.]+)`\]\(([^()\s#]+\.ts)#(\w+)\)$/;

/** Converts a page. Throws if quoted code is missing. */
export function sitePage(page: Page, site: Site): SitePage {
  const linked: string[] = [];
  const link = (file: string, line?: number): string => {
    linked.push(file);
    return relative(page.file, repositoryPath(file)) + (line === undefined ? "" : `#L${line}`);
  };
  const lines = linesOf(page.text).map(({ text, fenced }) => {
    if (fenced) return text;
    const quote = quotePattern.exec(text);
    return quote === null
      ? withLinks(text, page.file, site, link)
      : quoted(fromRoot(page.file, quote[2]), quote[3], link);
  });
  return { text: lines.join("\n").replace(/^```mermaid\n(.*?)^```$/gms, (_, map: string) => layersOf(map)), linked };
}

type Link = (file: string, line?: number) => string;

const withLinks = (line: string, page: string, { isPage, referencePage }: Site, link: Link): string =>
  line.replace(linkPattern, (whole, mark: string, text: string, target: string) => {
    if (mark !== "" || isOutside(target) || target.startsWith("#")) return whole;
    const [path, anchor] = target.split("#");
    const file = fromRoot(page, path);
    if (isPage(file)) return whole;
    const reference = file.startsWith("api/") ? referencePage(text.replaceAll("`", "")) : undefined;
    if (reference !== undefined) return `[${text}](${relative(page, reference)})`;
    return `[${text}](${link(file, anchor === undefined ? undefined : findDeclaration(file, anchor).line)})`;
  });

function quoted(file: string, name: string, link: Link): string {
  const { code, line } = findDeclaration(file, name);
  return ["```ts", code, "```", `[\`${file}\`, line ${line}](${link(file, line)})`].join("\n");
}

/** Link from a page to a file of the site, with the dot that VitePress takes for a path. */
function relative(page: string, file: string): string {
  const path = posix.relative(posix.dirname(page), file);
  return path.startsWith(".") ? path : `./${path}`;
}
