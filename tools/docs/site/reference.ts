/** Reference of the public interface: TypeDoc's Markdown, one page an export. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { globSync } from "tinyglobby";
import { Application, type TypeDocOptions } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { root } from "../contents.ts";
import { repositoryPath } from "./repository.ts";

/** Folder of the reference in the site. */
export const referenceFolder = "reference";

/** Page that introduces the library, and that the exports are appended to. */
export const libraryPage = "docs/library.md";

export interface Export {
  readonly name: string;
  /** entry of the package, such as `mpa-fer/extend` */
  readonly module: string;
  /** TypeDoc's folder for its kind, such as `type-aliases` */
  readonly kind: string;
  /** page, from the root of the site */
  readonly file: string;
}

/** URL scheme of links to the sources, until the page is known that has them. */
const sourceScheme = "source:";

/**
 * Writes the reference into the folder `pages` and returns the source files that it links to. Throws if the comment of an export is
 * missing or links to nothing; TypeDoc prints the details.
 */
export async function writeReference(pages: string): Promise<string[]> {
  const app = await Application.bootstrapWithPlugins({ ...options, out: join(pages, referenceFolder) });
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc could not read the sources");
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("TypeDoc has warnings: fix them");
  return globSync(`${referenceFolder}/**/*.md`, { cwd: pages }).flatMap((file) => linkSources(pages, file));
}

/** Lists the exports that have a page in the folder `pages`, sorted by page. */
export const readExports = (pages: string): readonly Export[] =>
  globSync(`${referenceFolder}/**/*.md`, { cwd: pages })
    .filter((file) => !file.endsWith("/index.md"))
    .sort()
    .map((file) => {
      const folders = posix.dirname(file).split("/");
      return {
        name: posix.basename(file, ".md"),
        module: folders.slice(1, -1).join("/"),
        kind: folders.at(-1) ?? "",
        file,
      };
    });

const options: TypeDocOptions & Partial<PluginOptions> = {
  entryPoints: ["src/index.ts", "src/extend.ts", "src/graph.ts", "src/browser.ts"].map((file) => join(root, file)),
  tsconfig: join(root, "tsconfig.build.json"),
  name: "mpa-fer",
  readme: "none",
  plugin: ["typedoc-plugin-markdown"],
  logLevel: "Warn",
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
  sourceLinkTemplate: `${sourceScheme}{path}#L{line}`,
  displayBasePath: root,
  entryFileName: "index.md",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  useHTMLEncodedBrackets: true,
  sanitizeComments: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  tableColumnSettings: { hideSources: true, hideInherited: true, hideModifiers: true, hideDefaults: true },
};

/** Links a page to the sources in the site; returns their paths. */
function linkSources(pages: string, file: string): string[] {
  const sources: string[] = [];
  const text = readFileSync(join(pages, file), "utf8").replace(
    new RegExp(`\\(${sourceScheme}([^)#]+)(#L\\d+)\\)`, "g"),
    (_, source: string, line: string) => {
      sources.push(source);
      return `(${posix.relative(posix.dirname(file), repositoryPath(source))}${line})`;
    },
  );
  writeFileSync(join(pages, file), text);
  return sources;
}
