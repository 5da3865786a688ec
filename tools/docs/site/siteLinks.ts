/** Link check of the built site: every URL must be a file of the site, and every anchor must exist. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseHTML } from "linkedom";
import { globSync } from "tinyglobby";
import { isOutside } from "../markdown.ts";

interface Html {
  readonly ids: ReadonlySet<string>;
  /** URLs of links, pictures, styles and scripts */
  readonly targets: readonly string[];
}

/** Lists broken links, one per line: page and target. External URLs are not requested. */
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
