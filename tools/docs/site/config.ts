/** VitePress's configuration. The contents are those of docs/contents.json, the version and the addresses those of package.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import katex from "@vscode/markdown-it-katex";
import { slug } from "github-slugger";
import { defineConfig, type MarkdownOptions } from "vitepress";
import { z } from "zod";
import { root } from "../contents.ts";
import { lineAnchors } from "./repository.ts";
import { guideSidebar, librarySidebars } from "./sidebars.ts";

const { version, license, description, repository } = z
  .object({
    version: z.string(),
    license: z.string(),
    description: z.string(),
    repository: z.object({ url: z.url() }).optional(),
  })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Folder of VitePress's sources, in which this configuration is loaded. */
const pagesFolder = env.MPA_FER_PAGES ?? "";

/** Web address of the repository, if the package names one. */
const home = repository?.url.replace(/^git\+/, "").replace(/\.git$/, "");

/** A face in a frame, drawn here so that no file is asked for. */
const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='#2563eb' stroke-width='3' stroke-linecap='round'><path d='M3 10V3h7M22 3h7v7M29 22v7h-7M10 29H3v-7'/><path d='M10 19q6 6 12 0M11.500 12v1M20.500 12v1'/></svg>";
const iconAddress = `data:image/svg+xml,${encodeURIComponent(icon)}`;

export default defineConfig({
  title: "mpa-fer",
  description,
  lang: "en",
  head: [["link", { rel: "icon", href: iconAddress }]],
  // Cached in the temporary folder.
  cacheDir: ".vitepress/cache",
  metaChunk: true,
  markdown: markdownOptions(),
  themeConfig: {
    logo: { src: iconAddress, alt: "" },
    nav: [
      { text: "Guide", link: "/docs/first-run" },
      { text: "Library", link: "/docs/library" },
      { text: "Method", link: "/docs/method" },
      { text: "Results", link: "/docs/results" },
      { text: `v${version}`, link: "/CHANGELOG" },
    ],
    sidebar: { "/": guideSidebar(), ...librarySidebars(pagesFolder) },
    outline: { level: [2, 3] },
    search: { provider: "local", options: { detailedView: true } },
    ...(home !== undefined && { editLink: { pattern: `${home}/edit/main/:path` } }),
    footer: { message: `mpa-fer ${version}, ${license} licence. The embedded backbone is for research only.` },
  },
  vite: { build: { chunkSizeWarningLimit: 4000 } },
});

/** The plugin is typed for a version of markdown-it's types beside VitePress's. */
const equations: { default(md: object, options: object): unknown } = katex;

function markdownOptions(): MarkdownOptions {
  return {
    anchor: { slugify: slug },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    codeTransformers: [
      {
        name: lineAnchors,
        line(node, line) {
          if (this.options.meta?.__raw?.includes(lineAnchors) === true) node.properties.id = `L${line}`;
        },
      },
    ],
    config(md) {
      equations.default(md, { throwOnError: true, enableFencedBlocks: true });
      // TeX has double braces, which Vue would take for expressions; wide equations scroll by keyboard, too.
      const { rules } = md.renderer;
      for (const [name, rule] of Object.entries(rules)) {
        if (rule === undefined) continue;
        rules[name] = (...words) => {
          const html = rule(...words);
          if (!/^<(p|span) class="katex/.test(html)) return html;
          return html.replaceAll('class="katex', 'v-pre class="katex').replace(/^<p /, '<p tabindex="0" ');
        };
      }
    },
  };
}
