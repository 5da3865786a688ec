/** Which pages the site has, and in which order: docs/contents.json, and what it does not name under "More". */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The checkout. */
export const root: string = join(import.meta.dirname, "../..");

export interface Page {
  /** path from the checkout's root, with forward slashes */
  readonly file: string;
  /** part of the contents that it stands in */
  readonly group: string;
  /** its name in the contents */
  readonly title: string;
  /** Markdown, as it lies in the repository */
  readonly text: string;
}

const contentsSchema = z.array(z.strictObject({ title: z.string(), pages: z.record(z.string(), z.string()) }));
const rest = "More";

/** Every page but the README, which is the site's first. Throws for a page that is not there. */
export function readPages(): Page[] {
  const contents = contentsSchema.parse(JSON.parse(read("docs/contents.json")));
  const named = contents.flatMap(({ title: group, pages }) =>
    Object.entries(pages).map(([file, title]): Page => ({ file, group, title, text: read(file) })),
  );
  const known = new Set(named.map(({ file }) => file));
  const others = readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md") && !known.has(`docs/${name}`))
    .sort()
    .map((name) => unnamed(`docs/${name}`));
  return [...named, ...others];
}

/** The page that the site begins with. */
export const readFirstPage = (): Page => ({ file: "README.md", group: "", title: "mpa-fer", text: read("README.md") });

/** Called by its first heading. */
function unnamed(file: string): Page {
  const text = read(file);
  return { file, group: rest, title: /^# (.+)$/m.exec(text)?.[1].replaceAll("`", "") ?? file, text };
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
