/** Annotated pictures: face boxes and expression labels. */
import sharp from "sharp";
import { answerText } from "../../faces/answerText.ts";
import { decodeNodeImage, type NodeImage } from "../../pictures/decode.node.ts";
import { scaleToOriginal } from "../../pictures/image.ts";
import { markupText } from "../../platform/escape.ts";
import { escaped } from "../../platform/quote.ts";
import type { FileFace } from "./filePrediction.ts";

/** Draws a box and an expression per face and returns the upright picture as JPEG. Throws IMAGE. */
export async function annotate(image: NodeImage, faces: readonly FileFace[]): Promise<Buffer> {
  const picture = await decodeNodeImage(image);
  const { width, height, data } = picture;
  const [scaleX, scaleY] = scaleToOriginal(picture);
  const shown = faces.map((face) => {
    const [x, y, w, h] = face.box;
    return { ...face, box: [x / scaleX, y / scaleY, w / scaleX, h / scaleY] as const };
  });
  const overlay = Buffer.from(overlaySvg(width, height, shown));
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .composite([{ input: overlay, left: 0, top: 0 }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** SVG overlay of boxes and labels for a picture of this size; font and line width scale with it. */
export function overlaySvg(width: number, height: number, faces: readonly FileFace[]): string {
  const letters = Math.max(9, Math.round(Math.min(width, height) / 32));
  const line = Math.max(1, letters / 8);
  const marks = faces.map((face) => mark(face, width, letters, line)).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${letters}">${marks}</svg>`;
}

function mark({ box: [x, y, w, h], track, ...face }: FileFace, width: number, letters: number, line: number) {
  const text = escaped(`${track === undefined ? "" : `${track}: `}${answerText(face)}`);
  // sans-serif letters are a little over half as wide as high
  const [labelWidth, labelHeight] = [0.58 * letters * text.length + letters / 2, 1.35 * letters];
  const left = Math.max(0, Math.min(x, width - labelWidth));
  const top = y >= labelHeight ? y - labelHeight : y;
  const place = (values: readonly number[]) => values.map((value) => value.toFixed(1));
  const [bx, by, bw, bh] = place([x, y, w, h]);
  const [lx, ly, lw, lh, tx, ty] = place([left, top, labelWidth, labelHeight, left + letters / 4, top + letters]);
  return (
    `<rect x="${bx}" y="${by}" width="${bw}" height="${bh}" fill="none" stroke="#000" stroke-opacity="0.6" stroke-width="${2 * line}"/>` +
    `<rect x="${bx}" y="${by}" width="${bw}" height="${bh}" fill="none" stroke="#ffd43b" stroke-width="${line}"/>` +
    `<rect x="${lx}" y="${ly}" width="${lw}" height="${lh}" fill="#ffd43b"/><text x="${tx}" y="${ty}">${markupText(text)}</text>`
  );
}
