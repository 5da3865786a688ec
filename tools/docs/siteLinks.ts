/** Links of the built site: every address on a page has to be a file of the site, every anchor a place on it. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseHTML } from "linkedom";
import { globSync } from "tinyglobby";
import { isOutside } from "./markdown.ts";

interface Html {
  readonly ids: ReadonlySet<string>;
  /** of links, pictures, styles and scripts */
  readonly targets: readonly string[];
}

/** What does not lead anywhere, a line each: page and target. Addresses outside the site are not asked for. */
export function brokenSiteLinks(site: string): string[] {
  const files = globSync("**/*.html", { cwd: site }).sort();
  const pages = new Map(files.map((file) => [file, readHtml(join(site, file))]));
  return [...pages].flatMap(([file, { targets }]) =>
    targets.filter((target) => !leads(site, pages, file, target)).map((target) => `${file}: ${target}`),
  );
}

function readHtml(file: string): Html {
  const { document } = parseHTML(readFileSync(file, "utf8"));
  const targets = [...document.querySelectorAll("[href], [src]")].map(
    (element) => element.getAttribute("href") ?? element.getAttribute("src") ?? "",
  );
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return { ids: new Set(ids), targets: [...new Set(targets)] };
}

function leads(site: string, pages: ReadonlyMap<string, Html>, file: string, target: string): boolean {
  if (isOutside(target)) return true;
  const [address, anchor = ""] = target.split("#");
  const [path] = decodeURI(address).split("?");
  const aim = path === "" ? file : posix.join(posix.dirname(file), path);
  const page = pages.get(aim);
  if (page === undefined || anchor === "") return existsSync(join(site, aim));
  return page.ids.has(anchor) || page.ids.has(decodeURIComponent(anchor));
}
