/** Sidebars of the site: the guide in the order of docs/contents.json, the reference by entry and kind. */
import type { DefaultTheme } from "vitepress";
import { readPages } from "../contents.ts";
import { type Export, libraryPage, readExports, referenceFolder } from "./reference.ts";

type Item = DefaultTheme.SidebarItem;

export function guideSidebar(): Item[] {
  const pages = readPages();
  return [...new Set(pages.map(({ group }) => group))].map((text) => ({
    text,
    items: pages.filter(({ group }) => group === text).map(({ title, file }) => ({ text: title, link: `/${file}` })),
  }));
}

/** Sidebars of the reference that was written into the folder `pages`, one an entry of the package, by the start of their paths. */
export function librarySidebars(pages: string): Record<string, Item[]> {
  const exports = readExports(pages);
  const modules = byModule(exports);
  const first = leading.flatMap((name) => modules[0][1].filter((each) => each.name === name));
  const head = {
    text: "Library",
    items: [
      { text: "Overview", link: `/${libraryPage}` },
      ...first.map(item),
      ...modules.map(([module]) => ({ text: module, link: `/${referenceFolder}/${module}/index.md` })),
    ],
  };
  const sidebars = modules.map(([module, members]) => [
    `/${referenceFolder}/${module}/`,
    [head, ...byKind(members).map(([text, each]) => ({ text, items: each.map(item) }))],
  ]);
  return Object.fromEntries([["/docs/library", [head]], ...sidebars]);
}

/** Markdown lists of all exports, for the end of the library's page. */
export const exportLists = (exports: readonly Export[]): string =>
  byModule(exports)
    .flatMap(([module, members]) => [
      `## ${module}`,
      ...byKind(members).flatMap(([title, each]) => [
        `### ${title} {#${module.replaceAll("/", "-")}-${title.toLowerCase()}}`,
        each.map(({ name, file }) => `[\`${name}\`](/${file})`).join(" · "),
      ]),
    ])
    .join("\n\n");

/** Names that lead the reference. */
const leading = ["ExpressionRecognizer", "train", "evaluate"];

const kindTitles = {
  classes: "Classes",
  functions: "Functions",
  interfaces: "Interfaces",
  "type-aliases": "Types",
  variables: "Values",
};

const byModule = (exports: readonly Export[]) =>
  [...new Set(exports.map(({ module }) => module))]
    .sort()
    .map((module) => [module, exports.filter((each) => each.module === module)] as const);

const byKind = (exports: readonly Export[]) =>
  Object.entries(kindTitles)
    .map(([kind, title]) => [title, exports.filter((each) => each.kind === kind)] as const)
    .filter(([, members]) => members.length > 0);

const item = ({ name, file }: Export): Item => ({ text: name, link: `/${file}` });
