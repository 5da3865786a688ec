/** Plots as SVG in the page, drawn by Observable Plot without a browser. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { Markup } from "./markup.ts";

const size = { width: 400, height: 240, marginLeft: 48, marginBottom: 36 } as const;

/** The label is what a screen reader says in the place of the plot. */
export function draw(label: string, options: Plot.PlotOptions): Markup {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const plot = Plot.plot({ ...size, ...options, document, style: { background: "none" }, ariaLabel: label });
  plot.setAttribute("role", "img");
  // A picture has one label; its parts have no role that could bear another.
  for (const part of plot.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  return new Markup(plot.outerHTML);
}
