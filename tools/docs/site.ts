/** The documentation site: TypeDoc over the public interface, with the repository's pages beside it. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import katex from "@vscode/markdown-it-katex";
import { Application, KindRouter, PageEvent, type Reflection, RendererEvent, type TypeDocOptions } from "typedoc";
import { type Page, readFirstPage, readPages, root } from "./contents.ts";
import { repositoryPage, repositoryPagePath } from "./repositoryPage.ts";
import { repositoryScheme, sitePage } from "./sitePage.ts";

/**
 * Writes the site to `out`, a folder that is emptied. `prepared` takes the pages as TypeDoc reads them. Throws where a page,
 * the code that it quotes or the comment of something exported is missing; TypeDoc says what on the console.
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

/** What may be wider than a phone scrolls; without a place in the order of tabs a keyboard could not reach it. */
const scrolling = /<table|<p class="katex-block"/g;

/** A page lies in the site where it lies in the repository. */
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
    // Their comments stand at Towers, which TypeDoc does not see through Partial.
    intentionallyNotDocumented: ["mpa-fer/extend.Architecture.image", "mpa-fer/extend.Architecture.text"],
    // What only appears inside another type is shown where it is used, and needs no page of its own.
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

/** Links to files of the repository, as seen from the page's place in the site. */
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

/** Those that are linked to, and what folders among them hold. */
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

/** KaTeX's own style and letters, so that equations need no network. */
function copyAssets(assets: string): void {
  const from = dirname(createRequire(import.meta.url).resolve("katex/dist/katex.min.css"));
  cpSync(join(from, "katex.min.css"), join(assets, "katex.min.css"));
  cpSync(join(from, "fonts"), join(assets, "fonts"), {
    recursive: true,
    filter: (file) => !/\.(ttf|woff)$/.test(file),
  });
  cpSync(join(root, "tools/docs/style/repository.css"), join(assets, "repository.css"));
}
