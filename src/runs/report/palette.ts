/** Colours of reports and figures, for light and dark mode. Exported figures use the light ones. */

/** Colours of classes, with a contrast of at least 4.5:1 on the light and the dark background. */
export const classColours = {
  light: ["#1f5fbf", "#a4480f", "#1a6e34", "#8a2fa3", "#b3261e", "#5f6a00", "#00707a", "#6b5040"],
  dark: ["#86b6ff", "#ffb27a", "#7fd492", "#e0a3f0", "#ff9a90", "#d6d96b", "#6fdbe3", "#cdb5a6"],
} as const;

interface Scheme {
  readonly ground: string;
  readonly ink: string;
  readonly faint: string;
  readonly rule: string;
  /** first and second series: blue and orange, which readers with any colour vision tell apart */
  readonly one: string;
  readonly two: string;
  readonly good: string;
  readonly bad: string;
}

const schemes: Readonly<Record<"light" | "dark" | "print", Scheme>> = {
  light: {
    ...{ ground: "#ffffff", ink: "#1b1f24", faint: "#59636e", rule: "#d1d9e0" },
    ...{ one: "#1f5fbf", two: "#a4480f", good: "#1a6e34", bad: "#b3261e" },
  },
  dark: {
    ...{ ground: "#14171a", ink: "#e8eaed", faint: "#a3adb8", rule: "#3a4149" },
    ...{ one: "#86b6ff", two: "#ffb27a", good: "#7fd492", bad: "#ff9a90" },
  },
  print: {
    ...{ ground: "#ffffff", ink: "#000000", faint: "#444444", rule: "#bbbbbb" },
    ...{ one: "#1f5fbf", two: "#a4480f", good: "#1a6e34", bad: "#b3261e" },
  },
};

const variables = (scheme: keyof typeof schemes): Readonly<Record<string, string>> => {
  const classes = classColours[scheme === "dark" ? "dark" : "light"];
  return { ...schemes[scheme], ...Object.fromEntries(classes.map((colour, c) => [`class-${c}`, colour])) };
};

const declarations = (scheme: keyof typeof schemes): string =>
  Object.entries(variables(scheme))
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");

/** CSS that defines the colours as variables: `--ink`, `--one`, `--class-0` and so on. */
export const paletteStyle = `:root{color-scheme:light dark;${declarations("light")}}
@media (prefers-color-scheme:dark){:root{${declarations("dark")}}}
@media print{:root{${declarations("print")}}}`;

const printed = variables("print");

/** Replaces the colours' variables in an SVG, for programs that know no CSS. */
export const withPrintedColours = (svg: string): string =>
  svg
    .replace(/var\(--([\w-]+)\)/g, (found, name: string) => printed[name] ?? found)
    .replaceAll("currentColor", schemes.print.ink);

/** Colour of a share from 0 to 1 on a single-hue scale from white to dark blue, RGB as #rrggbb; the same in both modes. */
export function heat(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (heatStops.length - 1);
  const below = Math.min(heatStops.length - 2, Math.floor(place));
  const mixed = heatStops[below].map((low, c) => Math.round(low + (place - below) * (heatStops[below + 1][c] - low)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** Colour of text on `heat(share)`, black or white by contrast, which is at least 4.5:1. */
export function heatInk(share: number): string {
  const colour = heat(share);
  const [r, g, b] = [1, 3, 5].map((at) => linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255));
  // At this luminance the contrasts with black and white are equal (WCAG 2).
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

/** Linear light of an sRGB component. */
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** ColorBrewer's sequential "Blues" (Brewer 1994), every second of its nine colours. */
const heatStops = [
  [247, 251, 255],
  [198, 219, 239],
  [107, 174, 214],
  [33, 113, 181],
  [8, 48, 107],
] as const;

/** Symbols of classes, which also differ in colour, so that colour vision is not required. More than eight classes repeat them. */
const symbols = ["circle", "triangle", "square", "diamond", "star", "cross", "wye", "hexagon"] as const;

/** Colour and symbol of a class. */
export const classLook = (c: number) => ({
  fill: `var(--class-${c % symbols.length})`,
  symbol: symbols[c % symbols.length],
});
