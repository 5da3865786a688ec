/** What kind of picture bytes are, by how the format says a file begins; names and endings are not asked. */

export type PictureKind = "png" | "jpeg" | "webp" | "gif" | "tiff" | "avif" | "bmp" | "svg";

/** Undefined for what is no picture, or one of a kind that is not known here. */
export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  for (const [kind, start] of beginnings) if (text(0, start.length) === start) return kind;
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "webp";
  if (text(4, 8) === "ftyp") return isAvif(text(8, Math.min(bytes[3], mostBrands))) ? "avif" : undefined;
  return /<svg[\s>]/i.test(text(0, svgWithin)) ? "svg" : undefined;
}

/** Bytes in which the root of a drawing has to come, behind declarations and comments. */
const svgWithin = 4096;
/** Bytes of the box in which a file of the ISO family names what it is. */
const mostBrands = 128;

/** Bytes as characters of Latin-1. */
const beginnings: readonly (readonly [PictureKind, string])[] = [
  ["png", "\x89PNG\r\n\x1a\n"],
  ["jpeg", "\xff\xd8\xff"],
  ["gif", "GIF87a"],
  ["gif", "GIF89a"],
  ["tiff", "II*\0"],
  ["tiff", "MM\0*"],
  ["tiff", "II+\0"],
  ["tiff", "MM\0+"],
  ["bmp", "BM"],
];

/** Of the brands, four letters each. */
const isAvif = (brands: string): boolean => (brands.match(/.{4}/gs) ?? []).some((brand) => /^avi[fs]$/.test(brand));
