/**
 * Plots of Observable Plot. Modules that declare its types stay out of the published declarations: those types need `@types/d3`, which
 * this package does not install.
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Drawing, moved } from "./drawing.ts";
import { Markup } from "./page.ts";

/** Draws a plot with Observable Plot. Axis labels are in the middle of their axis. */
export function plotDrawing(options: Plot.PlotOptions & { readonly width: number; readonly height: number }): Drawing {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const { x, y, ...others } = options;
  const plot = Plot.plot({
    ...{ marginLeft: 46, marginBottom: 36, marginTop: 8, marginRight: 10, ...others },
    ...{ x: { ...centred, labelOffset: 32, ...x }, y: { ...centred, labelOffset: 42, ...y } },
    document,
  });
  for (const style of plot.querySelectorAll("style")) style.remove();
  // Only the whole image may have a label; its parts have no role.
  for (const part of plot.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  return { width: options.width, height: options.height, content: plot.innerHTML };
}

const centred = { labelAnchor: "center", labelArrow: "none" } as const;

/** Legend mark of a symbol of Observable Plot. */
export function symbolMark(symbol: Plot.MarkOptions["fill"] & string, fill: string): string {
  const { content } = plotDrawing({
    ...{ width: 20, height: 20, marginLeft: 0, marginRight: 0, marginTop: 0, marginBottom: 0 },
    x: { axis: null, domain: [-1, 1] },
    y: { axis: null, domain: [-1, 1] },
    marks: [Plot.dot([[0, 0]], { r: 4, fill, symbol })],
  });
  return moved(-10, -10, content);
}

/** Renders a plot as inline SVG with Observable Plot; `label` is its accessible name. */
export function draw(label: string, options: Plot.PlotOptions): Markup {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const plot = Plot.plot({ ...size, ...options, document, style: { background: "none" }, ariaLabel: label });
  plot.setAttribute("role", "img");
  // Only the image itself may have a label; its parts have no role.
  for (const part of plot.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  return new Markup(plot.outerHTML);
}

/** Default size of plots, pixels. */
const size = { width: 400, height: 240, marginLeft: 48, marginBottom: 36 } as const;
