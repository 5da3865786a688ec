/** SVG files for papers: sizes in inches, and colours that need no CSS. */
import { pixelsPerInch, round } from "./drawing.ts";
import { withPrintedColours } from "./palette.ts";

/** SVG document of a drawing that `svgOf` rendered. */
export const exportedSvg = (svg: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${withPrintedColours(svg).replace(
    /width="([\d.]+)" height="([\d.]+)" role="img"/,
    (_, width: string, height: string) => `width="${inches(width)}in" height="${inches(height)}in" role="img"`,
  )}\n`;

const inches = (pixels: string): number => round(Number(pixels) / pixelsPerInch);
