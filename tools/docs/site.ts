/** Documentation site: TypeDoc for the public interface, and the repository's pages. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import katex from "@vscode/markdown-it-katex";
import { Application, KindRouter, PageEvent, type Reflection, RendererEvent, type TypeDocOptions } from "typedoc";
import { type Page, readFirstPage, readPages, root } from "./contents.ts";
import { repositoryPage, repositoryPagePath } from "./repositoryPage.ts";
import { repositoryScheme, sitePage } from "./sitePage.ts";

/**
 * Writes the site to `out`, which is emptied first, with the pages for TypeDoc in `prepared`. Throws if a page, quoted code or the
 * comment of an export is missing; TypeDoc prints the details.
 */
export async function buildSite(out: string, prepared: string): Promise<void> {
  const [first, pages] = [readFirstPage(), readPages()];
  const files = new Set([first, ...pages].map(({ file }) => file));
  for (const page of [first, ...pages]) writePrepared(page, prepared, files);
  cpSync(join(root, "docs/figures"), join(prepared, "docs/figures"), { recursive: true });
  const app = await Application.bootstrap(options(first, pages, prepared));
  app.renderer.defineRouter("repository", RepositoryRouter);
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc could not read the sources");
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc has warnings: fix them");
  const linked = new Set<string>();
  app.renderer.on(PageEvent.END, (event) => {
    linkRepository(event, linked);
    event.contents = event.contents?.replace(scrolling, '$& tabindex="0"');
  });
  app.renderer.on(RendererEvent.END, ({ outputDirectory }) => {
    writeRepositoryPages(outputDirectory, linked);
    copyAssets(join(outputDirectory, "assets"));
  });
  await app.generateDocs(project, out);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc has warnings: fix them");
}

/** Makes wide elements focusable, so that they can be scrolled by keyboard. */
const scrolling = /<table|<p class="katex-block"/g;

/** Path of a page in the site, the same as in the repository. */
class RepositoryRouter extends KindRouter {
  protected override getIdealBaseName(reflection: Reflection): string {
    const file = reflection.isDocument() ? reflection.frontmatter.file : undefined;
    return typeof file === "string" ? file.replace(/\.md$/, "") : super.getIdealBaseName(reflection);
  }
}

function options(first: Page, pages: readonly Page[], prepared: string): TypeDocOptions {
  const groups = [...new Set(pages.map(({ group }) => group))];
  return {
    entryPoints: ["src/index.ts", "src/extend.ts", "src/graph.ts", "src/browser.ts"].map((file) => join(root, file)),
    tsconfig: join(root, "tsconfig.build.json"),
    name: "mpa-fer",
    readme: join(prepared, first.file),
    projectDocuments: pages.map(({ file }) => join(prepared, file)),
    sort: ["kind", "alphabetical-ignoring-documents"],
    groupOrder: [...groups, "Modules", "*"],
    navigation: { includeGroups: true, includeCategories: false, includeFolders: false },
    requiredToBeDocumented: [
      "Module",
      "Variable",
      "Function",
      "Class",
      "Interface",
      "TypeAlias",
      "Constructor",
      "Method",
    ],
    // Their comments are at Towers, which TypeDoc does not resolve through Partial.
    intentionallyNotDocumented: ["mpa-fer/extend.Architecture.image", "mpa-fer/extend.Architecture.text"],
    // Types that only occur inside others are shown there and need no page.
    validation: { notDocumented: true, notExported: false, invalidLink: true, invalidPath: true },
    excludePrivate: true,
    excludeExternals: true,
    disableGit: true,
    sourceLinkTemplate: `${repositoryScheme}{path}#L{line}`,
    displayBasePath: root,
    router: "repository",
    highlightLanguages: ["typescript", "javascript", "shellscript", "json", "python", "html", "yaml", "dockerfile"],
    lightHighlightTheme: "github-light-default",
    darkHighlightTheme: "github-dark-default",
    markdownItLoader: (parser) => katex.default(parser, { throwOnError: true, enableFencedBlocks: true }),
    customCss: join(root, "tools/docs/style/site.css"),
    headings: { readme: false },
    hideGenerator: true,
    searchInDocuments: true,
    searchInComments: true,
  };
}

function writePrepared(page: Page, folder: string, files: ReadonlySet<string>): void {
  const file = join(folder, page.file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    sitePage(page, (target) => files.has(target)),
  );
}

/** Resolves links to repository files relative to a page of the site. */
function linkRepository(event: PageEvent, linked: Set<string>): void {
  const up = "../".repeat(event.url.split("/").length - 1);
  event.contents = event.contents?.replace(
    new RegExp(`"${repositoryScheme}([^"#]+)(#[^"]*)?"`, "g"),
    (_, file: string, place = "") => {
      linked.add(file);
      return `"${up}${repositoryPagePath(file)}${place}"`;
    },
  );
}

/** Linked files, and the content of linked folders. */
function writeRepositoryPages(out: string, linked: ReadonlySet<string>): void {
  const waiting = [...linked];
  const done = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (done.has(file)) continue;
    done.add(file);
    const { text, links } = repositoryPage(file);
    const target = join(out, repositoryPagePath(file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    waiting.push(...links);
  }
}

/** Copies the styles and fonts of KaTeX, so that equations need no network. */
function copyAssets(assets: string): void {
  const from = dirname(createRequire(import.meta.url).resolve("katex/dist/katex.min.css"));
  cpSync(join(from, "katex.min.css"), join(assets, "katex.min.css"));
  cpSync(join(from, "fonts"), join(assets, "fonts"), {
    recursive: true,
    filter: (file) => !/\.(ttf|woff)$/.test(file),
  });
  cpSync(join(root, "tools/docs/style/repository.css"), join(assets, "repository.css"));
}
