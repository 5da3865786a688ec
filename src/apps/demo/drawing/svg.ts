/** SVG elements of the drawings. Lengths are in units of the 96 × 96 view. */
export type Point = readonly [x: number, y: number];
export type Colour = readonly [red: number, green: number, blue: number];

/** Rounds to two decimals: precise enough for a picture, and it hides differences of sine and cosine between machines. */
export function fixed(value: number): string {
  return String(Math.round(value * 100) / 100 + 0);
}

/** Path data: letters are commands, points become coordinates. */
export function route(...parts: readonly (string | Point)[]): string {
  return parts.map((part) => (typeof part === "string" ? part : part.map(fixed).join(" "))).join(" ");
}

/** Closed, filled path. */
export function area(path: string, fill: string, attributes = ""): string {
  return `<path d="${path}" fill="${fill}"${attributes === "" ? "" : ` ${attributes}`}/>`;
}

/** Stroked path with round ends. */
export function line(path: string, colour: string, width: number, opacity = 1, attributes = ""): string {
  if (width <= 0 || opacity <= 0.01) return "";
  const style = `stroke-width="${fixed(width)}" stroke-opacity="${fixed(opacity)}" stroke-linecap="round"`;
  return `<path d="${path}" fill="none" stroke="${colour}" ${style}${attributes === "" ? "" : ` ${attributes}`}/>`;
}

export function ellipse([x, y]: Point, rx: number, ry: number, fill: string, opacity = 1, attributes = ""): string {
  if (rx <= 0 || ry <= 0 || opacity <= 0.01) return "";
  const place = `cx="${fixed(x)}" cy="${fixed(y)}" rx="${fixed(rx)}" ry="${fixed(ry)}"`;
  return `<ellipse ${place} fill="${fill}" fill-opacity="${fixed(opacity)}"${attributes === "" ? "" : ` ${attributes}`}/>`;
}

/** Group that is blurred by one of `blurs`. */
export function blurred(by: keyof typeof blurs, ...content: readonly string[]): string {
  return `<g filter="url(#${by})">${content.join("")}</g>`;
}

/** Standard deviations of the blurs, in units of the view. */
export const blurs = { hint: 0.35, soft: 0.9, shade: 2.4 } as const;

export function css(colour: Colour): string {
  return `rgb(${colour.map((value) => Math.round(Math.min(255, Math.max(0, value)))).join(",")})`;
}

/** Mixes `a` with the share `share` of `b`. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  const at = (i: 0 | 1 | 2) => a[i] + (b[i] - a[i]) * share;
  return [at(0), at(1), at(2)];
}

export function between(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
