/** Link check of the repository's Markdown: files, anchors, names in sources, and paths and scripts in prose. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import GithubSlugger from "github-slugger";
import { globSync } from "tinyglobby";
import { z } from "zod";
import { root } from "./contents.ts";
import { findDeclaration } from "./declaration.ts";
import { fromRoot, isOutside, linesOf, linkPattern } from "./markdown.ts";

// Generated text is not prose.
const ignored = ["api/**", "**/node_modules/**", "site/**", "dist/**", "runs/**", ".venv/**"];

/** All Markdown files of the repository, by path from the root. */
export const markdownFiles = (): string[] => globSync("**/*.md", { cwd: root, ignore: ignored }).sort();

/** Lists broken links, one per line: file, line, target. */
export function brokenLinks(file: string, markdown: string): string[] {
  return linesOf(markdown).flatMap(({ text, fenced }, i) => {
    if (fenced) return [];
    const links = [...text.matchAll(linkPattern)].map(([, , , target]) => target);
    const named = [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
    return [
      ...links.filter((target) => !leads(file, markdown, target)),
      ...named.filter((code) => !isThere(file, code)),
    ].map((target) => `${file}:${i + 1}: ${target}`);
  });
}

function leads(file: string, markdown: string, target: string): boolean {
  if (isOutside(target)) return true;
  const [path, anchor] = target.split("#");
  const aim = path === "" ? file : fromRoot(file, path);
  if (path !== "" && !existsSync(join(root, aim))) return false;
  if (anchor === undefined) return true;
  if (aim.endsWith(".md")) return anchorsOf(path === "" ? markdown : read(aim)).has(anchor);
  return declares(aim, anchor);
}

function declares(file: string, name: string): boolean {
  try {
    return findDeclaration(file, name).line > 0;
  } catch {
    return false;
  }
}

/** Anchors of headings on GitHub and the site. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  const headings = linesOf(markdown).flatMap(({ text, fenced }) => (fenced ? [] : [/^#+ (.+)$/.exec(text)?.[1] ?? ""]));
  return new Set(headings.filter((text) => text !== "").map((text) => slugger.slug(plain(text))));
}

const plain = (heading: string): string => heading.replace(linkPattern, "$2").replace(/[`*]/g, "");

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Whether the file, folder or script that `code` names exists; true for other code. */
function isThere(file: string, code: string): boolean {
  const [, script] = /^npm run ([\w:-]+)/.exec(code) ?? [];
  if (script !== undefined) return script in scripts;
  const [path] = /^(src|test|tools|docs|bench|examples|models)\/[\w./-]+$/.exec(code) ?? [];
  return path === undefined || [path, fromRoot(file, path)].some((place) => existsSync(join(root, place)));
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
