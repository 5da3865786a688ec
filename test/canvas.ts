/** Pictures with faces at a known position, size and angle. */
import sharp from "sharp";
import type { FaceBox } from "../src/faces/face.ts";
import type { RgbImage } from "../src/pictures/image.ts";

export interface PlacedFace {
  /** picture file or its bytes */
  readonly picture: string | Buffer;
  /** pixels a side on the canvas */
  readonly side: number;
  readonly left: number;
  readonly top: number;
  /** degrees clockwise about its centre */
  readonly angle?: number;
}

/** PNG bytes of a canvas with faces on it, over a smooth gradient. */
export async function canvas(width: number, height: number, faces: readonly PlacedFace[]): Promise<Buffer> {
  const ground = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs>
    <linearGradient id="g"><stop stop-color="#6b7a86"/><stop offset="1" stop-color="#b3a796"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#g)"/></svg>`;
  const layers = await Promise.all(faces.map(layer));
  return sharp(Buffer.from(ground)).composite(layers).removeAlpha().png({ compressionLevel: 1 }).toBuffer();
}

/** Decodes a picture to raw pixels. */
export async function pixelsOf(encoded: Buffer): Promise<RgbImage> {
  const { data, info } = await sharp(encoded).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Whether a box matches a placed face: its centre is near the face's, its width between half and the whole of it. */
export function isOn([x, y, width, height]: FaceBox, { left, top, side }: PlacedFace): boolean {
  const [dx, dy] = [x + width / 2 - (left + side / 2), y + height / 2 - (top + side / 2)];
  return Math.hypot(dx, dy) < 0.25 * side && width > 0.4 * side && width < 1.25 * side;
}

async function layer({ picture, side, left, top, angle = 0 }: PlacedFace) {
  const upright = await sharp(picture).toColourspace("srgb").resize(side, side, { kernel: "cubic" }).png().toBuffer();
  if (angle === 0) return { input: upright, left: Math.round(left), top: Math.round(top) };
  const { data, info } = await sharp(upright)
    .ensureAlpha()
    .rotate(angle, { background: "#0000" })
    .png()
    .toBuffer({ resolveWithObject: true });
  const shift = (info.width - side) / 2;
  return { input: data, left: Math.max(0, Math.round(left - shift)), top: Math.max(0, Math.round(top - shift)) };
}
