/** Pages of the site in order: those of docs/contents.json, then the others under "More". */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Root of the repository. */
export const root: string = join(import.meta.dirname, "../..");

export interface Page {
  /** path from the repository root, with forward slashes */
  readonly file: string;
  /** section of the contents */
  readonly group: string;
  /** title in the contents */
  readonly title: string;
  /** Markdown as in the repository */
  readonly text: string;
}

const contentsSchema = z.array(z.strictObject({ title: z.string(), pages: z.record(z.string(), z.string()) }));
const rest = "More";

/** Lists all pages. Throws for a missing page. */
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

/** Reads a page, titled by its first heading. */
function unnamed(file: string): Page {
  const text = read(file);
  return { file, group: rest, title: /^# (.+)$/m.exec(text)?.[1].replaceAll("`", "") ?? file, text };
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
