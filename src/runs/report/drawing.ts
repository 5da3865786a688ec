/** SVG drawings at the widths of a paper's columns: panels, legends and colour bars. */
import { markupText, xmlText } from "../../platform/escape.ts";
import { escaped } from "../../platform/quote.ts";
import { heat } from "./palette.ts";

/** Widths of figures: one and two columns of a paper, CSS pixels (96 per inch). */
export const widths = { column: 312, page: 648 } as const;
export type FigureWidth = keyof typeof widths;
export const figureWidths = ["column", "page"] as const satisfies readonly FigureWidth[];

/** CSS pixels per inch. */
export const pixelsPerInch = 96;

/** Font size of all text: 8 points, CSS pixels. */
export const fontSize = 8 * (pixelsPerInch / 72);

/** Mean advance of a character at `fontSize`, an upper estimate. */
const letter = 0.58 * fontSize;

/** Content of an SVG with its size in CSS pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly content: string;
}

const fonts = `Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif`;

/** Renders a drawing as an SVG element that scales with its container; `label` is its accessible name. */
export const svgOf = (label: string, { width, height, content }: Drawing): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="${markupText(label)}" fill="currentColor" font-family="${markupText(fonts)}" font-size="${round(fontSize)}" text-anchor="middle">${content}</svg>`;

/** A name as text of a drawing, cut to `max` characters; the end of a path identifies it, so that is what stays. */
export function drawnName(name: string, max = 20): string {
  const letters = [...xmlText(escaped(name))];
  return letters.length <= max ? letters.join("") : `…${letters.slice(1 - max).join("")}`;
}

/** Estimated width of the longest text, CSS pixels. */
export const textWidth = (texts: readonly string[]): number =>
  letter * Math.max(0, ...texts.map((text) => [...text].length));

/** Arranges drawings of one size in rows. */
export function panels(drawings: readonly Drawing[], columns: number): Drawing {
  const { width, height } = drawings[0];
  const content = drawings.map((drawing, i) =>
    moved((i % columns) * width, Math.floor(i / columns) * height, drawing.content),
  );
  return {
    ...{ width: width * Math.min(columns, drawings.length), height: height * Math.ceil(drawings.length / columns) },
    content: content.join(""),
  };
}

/** Entry of a legend. `mark` is SVG content centred at the origin, at most 24 pixels wide. */
export interface LegendEntry {
  readonly mark: string;
  readonly text: string;
}

/** Legend above a drawing, in as many lines as it needs. */
export function withLegend(entries: readonly LegendEntry[], drawing: Drawing): Drawing {
  const lines: { readonly x: number; readonly y: number; readonly entry: LegendEntry }[] = [];
  let [x, y] = [0, 0];
  for (const entry of entries) {
    const width = 34 + textWidth([entry.text]) + 8;
    if (x > 0 && x + width > drawing.width) [x, y] = [0, y + lineHeight];
    lines.push({ x, y, entry });
    x += width;
  }
  const height = y + lineHeight + 4;
  const key = lines.map(({ x: left, y: top, entry }) => {
    const name = `<text x="34" dy="0.32em" text-anchor="start">${markupText(entry.text)}</text>`;
    return moved(left, top + lineHeight / 2, `${moved(16, 0, entry.mark)}${name}`);
  });
  return {
    ...{ width: drawing.width, height: drawing.height + height },
    content: `<g>${key.join("")}</g>${moved(0, height, drawing.content)}`,
  };
}

/** Legend mark of a line with an optional marker. */
export const lineMark = (stroke: string, dash: string, marker = "", width = 2): string =>
  `<path d="M-12,0H12" stroke="${stroke}" stroke-width="${width}" stroke-dasharray="${dash}" fill="none"></path>${marker}`;

/** Vertical colour bar from 0 to 100 %. */
export function colourBar(height: number): Drawing {
  const steps = 50;
  const cells = Array.from({ length: steps }, (_, i) => {
    const y = height - ((i + 1) * height) / steps;
    // Overlapping by half a pixel leaves no gap between the cells.
    return `<rect x="0" y="${round(y)}" width="${barWidth}" height="${round(height / steps + (i > 0 ? 0.5 : 0))}" fill="${heat((i + 0.5) / steps)}"></rect>`;
  });
  const ticks = [0, 25, 50, 75, 100].map((value) => {
    const y = round(height - (value * height) / 100);
    return `<path d="M${barWidth},${y}h3" stroke="currentColor"></path><text x="${barWidth + 5}" y="${y}" dy="0.32em" text-anchor="start">${value}</text>`;
  });
  const frame = `<rect x="0" y="0" width="${barWidth}" height="${round(height)}" fill="none" stroke="currentColor"></rect>`;
  return { width: barWidth + 26, height, content: `${cells.join("")}${frame}${ticks.join("")}` };
}

const barWidth = 10;
const lineHeight = 15;

/** Moves SVG content. */
export const moved = (x: number, y: number, content: string): string =>
  `<g transform="translate(${round(x)},${round(y)})">${content}</g>`;

/** Rounds a coordinate to a hundredth of a pixel. */
export const round = (value: number): number => Math.round(100 * value) / 100;

/** Domain of a linear axis, with room around a series that is constant. */
export function domainOf(values: readonly number[], { least = 0.01, low = -Infinity, high = Infinity } = {}) {
  const [min, max] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  if (min > max) return [0, 1];
  const room = max - min < least ? Math.max(least, 0.1 * Math.abs(max)) : 0;
  return [Math.max(low, min - room), Math.min(high, max + room)];
}
