/** Self-contained HTML pages for reports: styles, images and plots are inline, and nothing is loaded from elsewhere. */
import { markupText } from "../../platform/escape.ts";
import { paletteStyle } from "./palette.ts";

/** Trusted HTML, which templates insert without escaping. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | undefined | readonly Markup[];

/** Template tag for HTML. Escapes text and numbers, also for double-quoted attributes; omits `undefined`; concatenates lists. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < values.length ? markupOf(values[i]) : "")).join(""));
}

/** CSS of reports, for light and dark mode, phones and print. Colours meet the contrast of WCAG AA. */
export const style = `
${paletteStyle}
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:1.5rem;background:var(--ground);color:var(--ink);
font:1rem/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
p{max-width:46rem;margin:.5rem 0}.faint,figcaption,caption{color:var(--faint);font-size:.875rem}
.scroll{--shade:color-mix(in srgb,var(--faint) 50%,transparent);overflow-x:auto;background:linear-gradient(90deg,var(--ground) 1rem,transparent) left/2.5rem 100% no-repeat local,
linear-gradient(270deg,var(--ground) 1rem,transparent) right/2.5rem 100% no-repeat local,
linear-gradient(90deg,var(--shade),transparent) left/.6rem 100% no-repeat scroll,
linear-gradient(270deg,var(--shade),transparent) right/.6rem 100% no-repeat scroll}.scroll+.scroll{margin-top:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}
caption{text-align:left;padding-bottom:.375rem}
th,td{padding:.25rem .75rem .25rem 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{font-weight:600;vertical-align:bottom}
td.best{font-weight:700}
.confusion td{padding:.25rem .5rem;text-align:center;min-width:3rem;
background:color-mix(in srgb,var(--one) calc(var(--share)*45%),transparent)}
.confusion th{padding:.25rem .5rem}.confusion tbody th{text-align:left}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
figure{margin:0}figure svg{display:block;width:100%;height:auto;background:none}
.chart{margin:1rem 0 1.75rem;break-inside:avoid}.chart svg{max-width:54rem}.chart .narrow{display:none}
.chart figcaption{max-width:54rem;margin-top:.375rem}.chart figcaption strong{color:var(--ink)}
.downloads{white-space:nowrap}.downloads a{color:var(--one);margin-left:.375rem}
@media (max-width:40rem){.chart .wide{display:none}.chart .narrow{display:block}.chart .narrow svg{max-width:26rem}}
@media print{.downloads{display:none}.chart svg{max-width:6.75in}}
.key{display:inline-block;width:1.5em;height:.25em;vertical-align:middle;margin-right:.35em}
.faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:1rem .75rem}
@media (min-width:60rem){.faces{grid-template-columns:repeat(8,1fr)}}
.faces img{width:100%;height:auto;image-rendering:auto;border-radius:.25rem;display:block}
.file{overflow-wrap:anywhere;font-size:.8125rem}
.right::before{content:"✓ ";color:var(--good);font-weight:700}.wrong::before{content:"✗ ";color:var(--bad);font-weight:700}
details{margin:.5rem 0}summary{cursor:pointer}
pre{overflow-x:auto;font-size:.8125rem;line-height:1.4;padding:.75rem;border:1px solid var(--rule);border-radius:.25rem}
@media (max-width:40rem){body{padding:1rem}tbody th{white-space:normal;min-width:6rem}}
@media print{body{max-width:none;padding:0}section,figure{break-inside:avoid}details{display:none}}
`;

/** Contents of a page. */
export interface Page {
  readonly title: string;
  /** sentence under the title */
  readonly lead: string;
  readonly sections: readonly Section[];
}

/** A section with a heading. */
export interface Section {
  readonly heading: string;
  readonly body: Markup;
}

/** Renders a page. Its content security policy blocks scripts and external resources. */
export function page({ title, lead, sections }: Page): string {
  // Blocking external resources keeps a report reproducible and private.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  const { text } = html`<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title><style>${new Markup(style)}</style></head>
<body><main><h1>${title}</h1><p class="faint">${lead}</p>${sections.map(sectionMarkup)}</main></body></html>`;
  return `<!doctype html>\n${text}\n`;
}

/** Renders a section. */
export const sectionMarkup = ({ heading, body }: Section): Markup =>
  html`<section><h2>${heading}</h2>${body}</section>`;

/** Appends sections to a page, replacing those added under the same name before. Undefined if the page is not a report. */
export function addSections(page: string, name: string, sections: readonly Section[]): string | undefined {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  const bare = from >= 0 && to > from ? page.slice(0, from) + page.slice(to + close.length) : page;
  const at = bare.lastIndexOf("</main>");
  if (at < 0) return undefined;
  const { text } = html`${sections.map(sectionMarkup)}`;
  return `${bare.slice(0, at)}${open}${text}${close}${bare.slice(at)}`;
}

function markupOf(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return markupText(String(value));
}
