/** Thumbnails of the faces of a video where an expression begins. */
import sharp from "sharp";
import type { FaceBox } from "../../../faces/face.ts";
import { decodeNodeImage, type NodeImage } from "../../../pictures/decode.node.ts";
import type { RgbImage } from "../../../pictures/image.ts";
import type { FileFace, Predicted } from "../filePrediction.ts";

/** A face when an expression was first seen in it. */
export interface Thumbnail {
  readonly track: number;
  /** seconds */
  readonly time: number;
  /** base64 JPEG */
  readonly jpeg: string;
}

/** Side in pixels; shown at half of it, for dense displays. */
export const thumbnailSide = 144;
/** Side of the part of the picture, in sides of the face. */
const margin = 1.4;

/** Takes a thumbnail of each face whose expression is another than in the frame before, or which was not seen there. */
export class Thumbnails {
  #labels: ReadonlyMap<number, string> = new Map();
  #taken: Thumbnail[] = [];
  /** the last frame that was read; one that is unchanged looks the same */
  #image: NodeImage | undefined;

  async add({ answer: { time = 0, faces }, image }: Predicted): Promise<void> {
    this.#image = image ?? this.#image;
    const before = this.#labels;
    this.#labels = new Map(faces.flatMap(({ track, label }) => (track === undefined ? [] : [[track, label]])));
    for (const face of faces) {
      const { track, label } = face;
      if (track === undefined || before.get(track) === label || this.#image === undefined) continue;
      this.#taken.push({ track, time, jpeg: await cut(await decodeNodeImage(this.#image), face) });
    }
  }

  /** Returns the thumbnails of a video and starts again. */
  take(): readonly Thumbnail[] {
    const taken = this.#taken;
    this.#taken = [];
    this.#labels = new Map();
    this.#image = undefined;
    return taken;
  }
}

async function cut({ width, height, data }: RgbImage, { box }: FileFace): Promise<string> {
  const { left, top, side } = squareAround(box, Math.min(width, height));
  const area = {
    left: Math.max(0, Math.min(width - side, left)),
    top: Math.max(0, Math.min(height - side, top)),
    width: side,
    height: side,
  };
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .extract(area)
    .resize(thumbnailSide, thumbnailSide)
    .jpeg({ quality: 80 })
    .toBuffer();
  return bytes.toString("base64");
}

function squareAround([x, y, width, height]: FaceBox, largest: number) {
  const side = Math.max(1, Math.min(largest, Math.round(margin * Math.max(width, height))));
  return { left: Math.round(x + (width - side) / 2), top: Math.round(y + (height - side) / 2), side };
}
