/** Sections that come to a page after it was written. */
import { html } from "./markup.ts";
import { type Section, sectionMarkup } from "./page.ts";

const end = "</main>";

/** The page with the sections at its end, in the place of those that came under this name before. Undefined for a page that is not ours. */
export function addSections(page: string, name: string, sections: readonly Section[]): string | undefined {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  const bare = from >= 0 && to > from ? page.slice(0, from) + page.slice(to + close.length) : page;
  const at = bare.lastIndexOf(end);
  if (at < 0) return undefined;
  const { text } = html`${sections.map(sectionMarkup)}`;
  return `${bare.slice(0, at)}${open}${text}${close}${bare.slice(at)}`;
}
