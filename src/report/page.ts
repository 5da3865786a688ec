/** A report as one file that needs nothing else: its style is inside, and it may load nothing from elsewhere. */
import { html, Markup } from "./markup.ts";
import { style } from "./style.ts";

export interface Page {
  readonly title: string;
  /** a sentence under the title */
  readonly lead: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly heading: string;
  readonly body: Markup;
}

export function page({ title, lead, sections }: Page): string {
  // Scripts, fonts and pictures from elsewhere are shut out, so a report shows the same for ever and tells nobody.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  const { text } = html`<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title><style>${new Markup(style)}</style></head>
<body><main><h1>${title}</h1><p class="faint">${lead}</p>${sections.map(sectionMarkup)}</main></body></html>`;
  return `<!doctype html>\n${text}\n`;
}

export const sectionMarkup = ({ heading, body }: Section): Markup =>
  html`<section><h2>${heading}</h2>${body}</section>`;
