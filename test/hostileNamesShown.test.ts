/** Output of names that are special to browsers, drawings or LaTeX: pages, figures and tables for people. */
import { DOMParser, parseHTML } from "linkedom";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { overlaySvg } from "../src/apps/predict/annotate.ts";
import { cellText, parseCsv } from "../src/platform/csv.ts";
import { escapedLines, latex, markupText, xmlText } from "../src/platform/escape.ts";
import { escaped, isPlainText } from "../src/platform/quote.ts";
import { markdownTable as dataMarkdown, htmlTable, latexTable, tableCsv } from "../src/runs/report/dataTable.ts";
import { drawnName } from "../src/runs/report/drawing.ts";
import { featuresFigure } from "../src/runs/report/explainFigures.ts";
import { exportedSvg } from "../src/runs/report/exportedSvg.ts";
import { type Figure, figureMarkup, figureSvg, type Origin } from "../src/runs/report/figure.ts";
import { html, page } from "../src/runs/report/page.ts";
import { withPrintedColours } from "../src/runs/report/palette.ts";
import { classesFigure, confusionFigure } from "../src/runs/report/scoreFigures.ts";
import { classTable, confusionTable, mistakeGallery } from "../src/runs/report/tables.ts";
import { check, face, hostile, metricsOf, other, stored } from "./hostileName.ts";

/** A name as a browser shows it, with all kinds of line breaks normalised. */
const shown = (name: string): string =>
  escapedLines(name).replaceAll("\r\n", "\n").replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");

const namedFigures = (name: string): Figure[] => [
  classesFigure(metricsOf(name)),
  confusionFigure(metricsOf(name)),
  featuresFigure(
    [{ models: [name], perplexity: 5, trustworthiness: 1, images: [{ label: name, place: [0, 0] }] }],
    [name, other],
  ),
];

const originOf = (name: string): Origin => ({ command: name, record: name, sha256: "0123", version: "0.1.0" });

it("HTML shows every name and takes none for markup", () =>
  check((name) => {
    const metrics = metricsOf(name);
    const mistakes = [{ file: name, truth: other, predicted: name, probability: 0.75 }];
    const sections = [
      { heading: name, body: classTable(metrics) },
      { heading: "confusion", body: confusionTable(metrics) },
      { heading: "mistakes", body: mistakeGallery({ mistakes, faces: new Map([[name, "AAAA"]]) }) },
      { heading: "figures", body: html`${namedFigures(name).map((figure) => figureMarkup(figure, originOf(name)))}` },
    ];
    const { document } = parseHTML(stored(page({ title: name, lead: name, sections })));
    const texts = (selector: string) =>
      [...document.querySelectorAll(selector)].map(({ textContent }) => textContent?.replaceAll("\r\n", "\n"));
    const own = stored(shown(name));
    expect(texts("title, h1, section:first-of-type h2, p.faint")).toEqual(expect.arrayContaining([own, own, own]));
    expect(texts("tbody th")).toContain(own);
    expect(texts(".confusion thead th")).toContain(own);
    expect(texts(".file")).toEqual([own]);
    expect(document.querySelectorAll(".chart")).toHaveLength(3);
    expect(
      document.querySelectorAll("script, a:not([href^='data:']), [onerror], img:not([src^='data:'])"),
    ).toHaveLength(0);
    expect(document.querySelector("figure img")?.getAttribute("alt")?.replaceAll("\r\n", "\n")).toContain(own);
  }));

it("a figure's SVG is well-formed and shows every name, cut to the room that it has", () =>
  check((name) => {
    for (const figure of namedFigures(name)) {
      const svg = figureSvg(figure, "page");
      if (svg === undefined) continue;
      const document = new DOMParser().parseFromString(stored(exportedSvg(svg)), "image/svg+xml");
      const shownTexts = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
      expect(shownTexts).toContain(stored(drawnName(name)));
      expect(shownTexts).toContain(other);
      expect(document.querySelectorAll("a, script, img, svg svg")).toHaveLength(0);
    }
  }));

it("a figure's SVG is drawn by librsvg, which refuses what is no XML", async () => {
  for (const name of hostile) {
    for (const figure of namedFigures(name)) {
      const svg = figureSvg(figure, "column");
      if (svg !== undefined)
        await sharp(Buffer.from(withPrintedColours(svg)))
          .png()
          .toBuffer();
    }
  }
});

describe("LaTeX", () => {
  const commands =
    /\\(textbackslash|textasciitilde|textasciicircum|textasciigrave|textless|textgreater|textbar)\{\}|\\[{}$&#_%]|\{(?:[[\]*]|'')\}|\$(?:\\pm|-)\$|([-,'])\{\}(?=\2)/g;
  const letters: Readonly<Record<string, string>> = {
    ...{ textbackslash: "\\", textasciitilde: "~", textasciicircum: "^", textasciigrave: "`" },
    ...{ textless: "<", textgreater: ">", textbar: "|" },
  };
  /** The text that LaTeX typesets. */
  const typeset = (text: string): string =>
    text.replace(commands, (found, command?: string, mark?: string) => {
      if (command !== undefined) return letters[command];
      if (mark !== undefined) return mark;
      if (found === "{''}") return '"';
      if (found.startsWith("$")) return found === "$-$" ? "\u2212" : "±";
      return found.startsWith("{") ? found[1] : found.slice(1);
    });

  it("typesets every name, and takes none for a command", () =>
    check((name) => {
      const text = latex(name);
      expect(typeset(text)).toBe(xmlText(escaped(name)));
      expect(text.replace(commands, "")).not.toMatch(/[\\{}$&#_%~^`<>|"[\]*]/);
      expect(isPlainText(text)).toBe(true);
    }));

  it("of a table has one row for each class and one cell for each column", () =>
    check((name) => {
      const [classes] = namedFigures(name);
      const lines = latexTable(classes.data, name, "classes").split("\n");
      const body = lines.slice(lines.indexOf("    \\midrule") + 1, lines.indexOf("    \\bottomrule"));
      expect(body.map((line) => line.split(/(?<!\\)&/).length)).toEqual([5, 5]);
      expect(typeset(body[0].split(" & ")[0].slice(4))).toBe(xmlText(escaped(name)));
      expect(lines[3]).toBe(`  \\caption{${latex(name)}}`);
    }));
});

it("a figure's data as Markdown and CSV have every name", () =>
  check((name) => {
    const [{ data }] = namedFigures(name);
    const [, { cells }] = parseCsv(stored(tableCsv(data)), "classes.csv");
    expect(cellText(cells[0])).toBe(stored(name));
    expect(dataMarkdown(data).trimEnd().split("\n")).toHaveLength(4);
    expect(htmlTable(data).text).toContain(markupText(name));
  }));

it("a drawing shows every name", async () => {
  await check((name) => {
    const svg = stored(overlaySvg(64, 64, [face(name)]));
    const document = new DOMParser().parseFromString(svg, "image/svg+xml");
    const own = escaped(name).replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");
    expect([...document.querySelectorAll("text")].map(({ textContent }) => textContent)).toEqual([`${own} 75 %`]);
    expect(document.querySelectorAll("svg > *")).toHaveLength(4);
  });
  for (const name of hostile)
    await sharp(Buffer.from(overlaySvg(64, 64, [face(name)])))
      .png()
      .toBuffer();
});
