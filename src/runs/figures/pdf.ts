/**
 * PDF of a figure by pdfkit, an optional package. Reads the SVG elements that figures consist of: groups, paths, lines, rectangles,
 * circles, texts and PNG images, with translations, rotations and scales.
 */
import { DOMParser } from "linkedom";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { readBytes } from "../../platform/files.node.ts";
import { loadPackage } from "../../platform/package.node.ts";
import { quoted } from "../../platform/quote.ts";
import { fontSize, pixelsPerInch } from "../report/drawing.ts";
import { withPrintedColours } from "../report/palette.ts";

type Document = PDFKit.PDFDocument;

/** Makes a function that converts the SVG of a figure to a PDF of its size. Throws RUNTIME without pdfkit, IMAGE for a wrong font file. */
export async function pdfWriter(font: string | undefined): Promise<(svg: string) => Promise<Uint8Array>> {
  const { default: PDFDocument } = await loadPackage("pdfkit", () => import("pdfkit"));
  const bytes = font === undefined ? undefined : Buffer.from(await readBytes(font));
  return async (svg) => {
    const root = new DOMParser().parseFromString(withPrintedColours(svg), "image/svg+xml").documentElement;
    const [, , width, height] = (root.getAttribute("viewBox") ?? "").split(" ").map(Number);
    const scale = 72 / pixelsPerInch;
    const document = new PDFDocument({
      ...{ size: [width * scale, height * scale], margin: 0 },
      // A fixed date makes equal figures equal files.
      info: { Title: root.getAttribute("aria-label") ?? "", Producer: "mpa-fer", CreationDate: new Date(0) },
    });
    const finished = collected(document);
    try {
      document.font(bytes ?? "Helvetica");
    } catch (cause) {
      throw new MpaError("IMAGE", `${font} is not a font`, {
        where: messageOf(cause),
        fix: "name a .ttf or .otf file",
        cause,
      });
    }
    document.scale(scale);
    paint(document, root, rootStyle, bytes !== undefined);
    document.end();
    return await finished;
  };
}

/** Inherited presentation attributes. */
type Style = Readonly<Record<string, string>>;

const rootStyle: Style = { fill: "#000000", stroke: "none", "stroke-width": "1", "font-size": String(fontSize) };

const inherited = [
  ...["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity"],
  ...["stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "font-size", "text-anchor"],
] as const;

interface SvgElement {
  readonly tagName: string;
  readonly children: Iterable<SvgElement>;
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}

function paint(document: Document, element: SvgElement, parent: Style, hasFont: boolean): void {
  const own = inherited.flatMap((name) => {
    const value = element.getAttribute(name);
    return value === null ? [] : [[name, value]];
  });
  const style: Style = { ...parent, ...Object.fromEntries(own) };
  document.save();
  transform(document, element.getAttribute("transform") ?? "");
  const draw = painters[element.tagName.toLowerCase()];
  if (draw) draw(document, element, style, hasFont);
  else for (const child of element.children) paint(document, child, style, hasFont);
  document.restore();
}

const number = (element: SvgElement, name: string): number => Number(element.getAttribute(name) ?? 0);

const painters: Readonly<
  Record<string, (document: Document, element: SvgElement, style: Style, hasFont: boolean) => void>
> = {
  path: (document, element, style) => shape(document, style, () => document.path(element.getAttribute("d") ?? "")),
  line: (document, element, style) =>
    shape(document, style, () =>
      document
        .moveTo(number(element, "x1"), number(element, "y1"))
        .lineTo(number(element, "x2"), number(element, "y2")),
    ),
  rect: (document, element, style) =>
    shape(document, style, () =>
      document.rect(number(element, "x"), number(element, "y"), number(element, "width"), number(element, "height")),
    ),
  circle: (document, element, style) =>
    shape(document, style, () => document.circle(number(element, "cx"), number(element, "cy"), number(element, "r"))),
  image: (document, element) => {
    const [, data = ""] = (element.getAttribute("href") ?? "").split(",");
    const size = { width: number(element, "width"), height: number(element, "height") };
    document.image(Buffer.from(data, "base64"), number(element, "x"), number(element, "y"), size);
  },
  text: writeText,
};

function shape(document: Document, style: Style, trace: () => unknown): void {
  const hasFill = style.fill !== "none";
  const hasStroke = style.stroke !== "none";
  if (!hasFill && !hasStroke) return;
  const opacity = Number(style.opacity ?? 1);
  document.lineWidth(Number(style["stroke-width"]));
  const dashes = (style["stroke-dasharray"] ?? "none").split(/[\s,]+/).map(Number);
  if (dashes.every((length) => length > 0)) document.dash(dashes[0], { space: dashes[1] ?? dashes[0] });
  document.strokeOpacity(opacity * Number(style["stroke-opacity"] ?? 1));
  document.fillOpacity(opacity * Number(style["fill-opacity"] ?? 1));
  trace();
  if (hasFill && hasStroke) document.fillAndStroke(style.fill, style.stroke);
  else if (hasFill) document.fill(style.fill);
  else document.stroke(style.stroke);
}

/** Texts have one line each, on the alphabetic baseline. */
function writeText(document: Document, element: SvgElement, style: Style, hasFont: boolean): void {
  const text = hasFont ? (element.textContent ?? "") : inHelvetica(element.textContent ?? "");
  if (text === "") return;
  const size = Number.parseFloat(style["font-size"]);
  const em = (name: string) => {
    const given = element.getAttribute(name) ?? "0";
    return Number.parseFloat(given) * (given.endsWith("em") ? size : 1);
  };
  document.fontSize(size);
  const anchor = style["text-anchor"] ?? "start";
  const width = document.widthOfString(text);
  const x = em("x") + em("dx") - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
  document.fillOpacity(Number(style.opacity ?? 1) * Number(style["fill-opacity"] ?? 1)).fillColor(style.fill);
  document.text(text, x, em("y") + em("dy"), { lineBreak: false, baseline: "alphabetic" });
}

/** Text in Windows-1252, all that the standard fonts have. Throws RUNTIME for other characters. */
function inHelvetica(text: string): string {
  const plain = text.replaceAll("\u2212", "\u2013");
  if (!/[^\x20-\x7e\xa0-\xff–—‘’“”†‡•…‰‹›€™]/u.test(plain)) return plain;
  throw new MpaError("RUNTIME", `Helvetica lacks characters of ${quoted(text)}`, {
    fix: "add --font with a font that has them, or use svg or png",
  });
}

function transform(document: Document, text: string): void {
  for (const [, name, given] of text.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [a, b] = given.split(/[\s,]+/).map(Number);
    if (name === "translate") document.translate(a, b ?? 0);
    else if (name === "rotate") document.rotate(a);
    else if (name === "scale") document.scale(a, b ?? a);
  }
}

function collected(document: Document): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    document.on("data", (chunk: Buffer) => chunks.push(chunk));
    document.on("end", () => resolve(Buffer.concat(chunks)));
    document.on("error", reject);
  });
}
