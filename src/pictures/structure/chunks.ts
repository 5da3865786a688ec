/** Structure of PNG, WebP and GIF files: chunks and frames. */

const latin = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const pngStart = 8;
/** Bytes of a chunk's length, name and checksum. */
const pngFrame = 12;
/** Chunks of compressed text: 8 kB inflate to 8 MB, and a file may have hundreds of them. */
const packedText = new Set(["zTXt", "iTXt"]);

/** Removes compressed text chunks before the pixels of a PNG, which do not depend on them. */
export function withoutPackedText(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (let at = pngStart; at + pngFrame <= bytes.length && latin(bytes, at + 4) !== "IDAT"; ) {
    const end = Math.min(bytes.length, at + pngFrame + view.getUint32(at));
    if (packedText.has(latin(bytes, at + 4))) {
      parts.push(bytes.subarray(copied, at));
      copied = end;
    }
    at = end;
  }
  return parts.length === 0 ? bytes : joined([...parts, bytes.subarray(copied)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Maximum frames of an animated WebP; decoding is quadratic in them, as libwebp skips all earlier frames for each. */
const maxWebpFrames = 10_000;
const maxWebpChunks = 100_000;

/** Reason to reject a picture that would take too long to decode, phrased after "the image"; undefined if there is none. */
export function webpFault(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  let [frames, chunks] = [0, 0];
  for (let at = 12; at + 8 <= bytes.length; chunks++) {
    if (latin(bytes, at) === "ANMF") frames++;
    if (frames > maxWebpFrames) return `has more than ${maxWebpFrames} frames`;
    if (chunks > maxWebpChunks) return `has more than ${maxWebpChunks} chunks`;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return undefined;
}

/** Whether the first frame of a WebP is lossless, so that its decoder holds all pixels at once. */
export function isLosslessWebp(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = latin(bytes, at);
    if (name === "VP8L") return true;
    if (name === "VP8 ") return false;
    const length = view.getUint32(at + 4, true);
    // The chunks of a frame follow its position, size and duration.
    at += name === "ANMF" ? 8 + 16 : 8 + length + (length % 2);
  }
  return false;
}

const maxGifFrames = 100_000;

/** Like `webpFault`, for GIF (GIF89a specification, appendix B). */
export function gifFault(bytes: Uint8Array): string | undefined {
  let frames = 0;
  let at = 13 + colours(bytes[10]);
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === 0x21) at = behindData(bytes, at + 2);
    else if (block === 0x2c) {
      if (++frames > maxGifFrames) return `has more than ${maxGifFrames} frames`;
      at = behindData(bytes, at + 11 + colours(bytes[at + 9]));
    } else if (block === 0x3b) break;
    else at++;
  }
  return undefined;
}

/** Bytes of the colour table according to the flags. */
const colours = (flags = 0): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));

function behindData(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at];
  return at + 1;
}
