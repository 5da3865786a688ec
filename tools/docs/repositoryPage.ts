/** Static pages of repository files and folders, with an anchor for each line. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { html, type Markup } from "../../src/runs/report/page.ts";
import { root } from "./contents.ts";

/** Path of a file's page from the site root. */
export const repositoryPagePath = (file: string): string => `repository/${file}.html`;

export interface RepositoryPage {
  readonly text: string;
  /** files that it links to */
  readonly links: readonly string[];
}

/** Builds the page of a file or folder. Throws if it is missing. */
export function repositoryPage(file: string): RepositoryPage {
  if (!statSync(join(root, file)).isDirectory()) return { text: framed(file, numbered(file)), links: [] };
  const names = readdirSync(join(root, file), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || textual.test(entry.name))
    .map(({ name }) => name)
    .sort();
  const items = names.map((name) => html`<li><a href="${posix.basename(file)}/${name}.html">${name}</a></li>`);
  return { text: framed(file, html`<ul>${items}</ul>`), links: names.map((name) => `${file}/${name}`) };
}

/** Endings of the files that are shown; weights and pictures are not. */
const textual = /\.(ts|tsx|js|mjs|json|md|py|html|css|txt|yaml)$/;

function numbered(file: string): Markup {
  const lines = readFileSync(join(root, file), "utf8").replace(/\n$/, "").split("\n");
  const rows = lines.map((line, i) => html`<span id="L${i + 1}">${line}\n</span>`);
  return html`<pre tabindex="0"><code>${rows}</code></pre>`;
}

function framed(file: string, body: Markup): string {
  const up = "../".repeat(repositoryPagePath(file).split("/").length - 1);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${file} - mpa-fer</title>
<link rel="stylesheet" href="${up}assets/repository.css">
</head>
<body>
<header><a href="${up}index.html">mpa-fer</a></header>
<main><h1>${file}</h1>
${body}</main>
</body>
</html>
`.text;
}
