/** Hair behind the head and over the forehead. */
import type { Identity } from "./identity.ts";
import type { Palette } from "./palette.ts";
import { area, blurred, ellipse, line, type Point, route } from "./svg.ts";

export function drawHairBehind(identity: Identity, palette: Palette): string {
  const { style } = identity.hair;
  const w = identity.face.width;
  if (style === "long" || style === "scarf") {
    const path = route(
      "M",
      [48 - w - 7, 30],
      "C",
      [48 - w - 8, -26],
      [48 + w + 8, -26],
      [48 + w + 7, 30],
      "C",
      [48 + w + 9, 60],
      [48 + w + 6, 80],
      [48 + w + 8, 110],
      "L",
      [48 - w - 8, 110],
      "C",
      [48 - w - 6, 80],
      [48 - w - 9, 60],
      [48 - w - 7, 30],
      "Z",
    );
    return area(path, palette.hairDark);
  }
  if (style === "curly")
    return blurred("soft", ...curls(w + 3, 9).map(([x, y]) => ellipse([x, y], 7, 7, palette.hairDark)));
  return "";
}

export function drawHair(identity: Identity, palette: Palette): string {
  const { style } = identity.hair;
  if (style === "bald") return "";
  const strands = style === "scarf" ? "" : drawStrands(identity, palette);
  return blurred("hint", area(hairPath(identity), "url(#hair)"), strands);
}

/** Outline of the hair above the hairline, down to the temples. */
function hairPath(identity: Identity): string {
  const { width: w } = identity.face;
  const { style } = identity.hair;
  const around = (side: number): readonly Point[] => [
    [48 + side * (w + 3), -14],
    [48 + side * (w + 4), 10],
    [48 + side * (w + 2), endOf(style)],
  ];
  const [a, b, c] = around(-1);
  const [d, e, f] = around(1);
  return route("M", f, "C", e, d, [48, -14], "C", a, b, c, hem(identity, f), "Z");
}

/** Lower edge of the hair from the right temple, across the forehead, to the left one. */
function hem({ hair, face: { width: w, hairline: h } }: Identity, end: Point): string {
  const [right, left] = [48 - w, 48 + w];
  switch (hair.style) {
    case "fringe":
      return route(
        "C",
        [right + 3, 28],
        [right + 6, 25],
        [30, 25],
        "Q",
        [48, 22.5],
        [66, 25],
        "C",
        [left - 6, 25],
        [left - 3, 28],
        end,
      );
    case "parted":
      return route("C", [right + 2, 26], [33, h + 6], [36, h - 3], "C", [50, h + 3], [left - 6, h + 6], end);
    case "long":
      return route(
        "C",
        [right + 6, 40],
        [right + 10, h - 1],
        [45, h - 4],
        "C",
        [left - 10, h - 1],
        [left - 6, 40],
        end,
      );
    case "scarf":
      return route("C", [right + 1, 20], [28, h - 1], [48, h - 1], "C", [68, h - 1], [left - 1, 20], end);
    default:
      return route("C", [right + 5, 22], [30, h], [48, h], "C", [66, h], [left - 5, 22], end);
  }
}

function endOf(style: Identity["hair"]["style"]): number {
  if (style === "long" || style === "scarf") return 62;
  return style === "cropped" || style === "tied" ? 32 : 38;
}

function drawStrands(identity: Identity, palette: Palette): string {
  const { hairline: h, width: w } = identity.face;
  const lift = identity.hair.style === "fringe" ? 25 : h;
  return [-0.8, -0.5, -0.2, 0.15, 0.45, 0.75]
    .map((share, i) => {
      const path = route(
        "M",
        [48 + share * w * 0.7, -6],
        "Q",
        [48 + share * w * 0.8, lift * 0.3],
        [48 + share * w, lift - 3 + share * share * 9],
      );
      return line(path, i % 2 === 0 ? palette.hairLight : palette.hairDark, 1.2, 0.4);
    })
    .join("");
}

function curls(radius: number, count: number): Point[] {
  return Array.from({ length: count }, (_, i): Point => {
    const angle = Math.PI * (1 + i / (count - 1));
    return [48 + Math.cos(angle) * radius, 28 + Math.sin(angle) * (radius - 3)];
  });
}
