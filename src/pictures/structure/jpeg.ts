/** Structure of JPEG files: segments and scans as libjpeg reads them (ITU-T T.81, annex B). */

/** Maximum scans of a picture; encoders write about ten, and a decoder processes the whole picture for each. */
export const maxScans = 100;
/** Maximum pixels of all scans together. */
const maxScanPixels = 100 * 40e6;
/** Maximum number of other segments; a colour profile and a depth map in pieces of 64 kB need hundreds. */
const maxSegments = 2000;

/** Reason to reject a picture that would take too long to decode, phrased after "the image"; undefined if there is none. */
export function jpegFault(bytes: Uint8Array): string | undefined {
  const { scans, segments, pixels } = countSegments(bytes);
  if (scans > maxScans || scans * pixels > maxScanPixels) return `has more than ${Math.floor(scanBound(pixels))} scans`;
  return segments > maxSegments ? `has more than ${maxSegments} segments` : undefined;
}

const scanBound = (pixels: number): number => Math.min(maxScans, maxScanPixels / Math.max(1, pixels));

interface Segments {
  readonly scans: number;
  readonly segments: number;
  /** number of pixels of the frame */
  readonly pixels: number;
}

/** Counts scans and segments until the picture ends or a maximum is exceeded. */
export function countSegments(bytes: Uint8Array): Segments {
  let [scans, segments, pixels] = [0, 0, 0];
  for (let at = nextMarker(bytes, 2); at < bytes.length && scans <= maxScans && segments <= maxSegments; ) {
    const marker = bytes[at];
    if (marker === markers.endOfImage) break;
    if (isAlone(marker)) {
      at = nextMarker(bytes, at + 1);
      continue;
    }
    if (marker === markers.startOfScan) scans++;
    else segments++;
    if (isFrame(marker)) pixels = Math.max(pixels, word(bytes, at + 4) * word(bytes, at + 6));
    at = nextMarker(bytes, at + 1 + Math.max(2, word(bytes, at + 1)));
  }
  return { scans, segments, pixels };
}

const markers = { startOfScan: 0xda, endOfImage: 0xd9 } as const;

/** Offset of the next marker code; within data, 0xff is followed by zeros and restart markers. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1];
    if (code !== 0 && code !== 0xff && !isRestart(code)) return at + 1;
  }
  return bytes.length;
}

const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;
/** Whether a marker has no length: TEM, SOI and unassigned codes. */
const isAlone = (code: number): boolean => code < 0xc0 || code === 0xd8;
const isFrame = (code: number): boolean =>
  code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
