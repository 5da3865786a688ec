/** Layout of the static demo: the page, its models, the reports of a demo run, and the documentation. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { glob } from "tinyglobby";

export interface Parts {
  /** built page */
  readonly page: string;
  /** folder of the package's models */
  readonly models: string;
  /** folder that `mpa-fer demo` wrote */
  readonly demo: string;
  /** built documentation site */
  readonly guide: string;
}

/** File that marks a folder as a site of this tool. GitHub's pages serve files as they are where it exists. */
const marker = ".nojekyll";

/** Writes the site. It replaces an earlier one, and throws where `out` is any other folder with files in it. */
export async function writeDemoSite(out: string, { page, models, demo, guide }: Parts): Promise<void> {
  await clear(out);
  await cp(page, out, { recursive: true });
  const index = join(out, "index.html");
  await writeFile(index, staticPage(await readFile(index, "utf8")));
  await writeFile(join(out, "demo-site.css"), styles);
  for (const name of ["faceclip-mini", "centerface"]) {
    await cp(join(models, name), join(out, "models", name), {
      recursive: true,
      filter: (file) => !file.endsWith(".md"),
    });
  }
  for (const report of await glob("**/report.html", { cwd: demo })) {
    await mkdir(dirname(join(out, "demo", report)), { recursive: true });
    await cp(join(demo, report), join(out, "demo", report));
  }
  await cp(guide, join(out, "guide"), { recursive: true });
  await writeFile(join(out, "README.md"), spaceCard);
}

async function clear(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const names = await readdir(out);
  if (names.length > 0 && !names.includes(marker)) throw new Error(`${out} has files that this tool did not write`);
  await rm(out, { recursive: true });
  await mkdir(out);
  await writeFile(join(out, marker), "");
}

/** The page without a server behind it, and with links to the other parts. */
function staticPage(html: string): string {
  return html
    .replace('<meta name="mpa-fer-server" content="auto"', '<meta name="mpa-fer-server" content="none"')
    .replace("</head>", '<link rel="stylesheet" href="./demo-site.css" />\n  </head>')
    .replace("</body>", `${links}\n  </body>`);
}

const links = `<nav class="demo-site" aria-label="More">
      <a href="./guide/index.html">Documentation</a>
      <a href="./demo/report.html">Report of a finished run</a>
    </nav>`;

const styles = `.demo-site {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1.5rem;
  justify-content: center;
  padding: 1rem;
}
`;

/** Front matter that makes the folder a static Space of the Hugging Face hub. */
const spaceCard = `---
title: mpa-fer
emoji: 🙂
sdk: static
license: mit
---

Recognises facial expressions on the visitor's device. Images are not uploaded.
`;
