/** Frames of a video, by the ffmpeg of the machine. */

import { blockMeans, isUnchanged } from "../../pictures/difference.ts";
import type { PixelData, Size } from "../../pictures/image.ts";
import { counted } from "../../platform/counts.ts";
import { inputOf, startTool, unreadable } from "./ffmpeg.ts";
import type { Predicted } from "./filePrediction.ts";
import { type VideoLength, videoLength } from "./videoLength.ts";

/** Options of `videoFrames`. */
export interface VideoOptions {
  /** seconds between the frames that are looked at */
  readonly every: number;
  readonly signal?: AbortSignal | undefined;
  /** receives a line at the end of a video: how many frames were read and skipped */
  readonly notice?: ((line: string) => void) | undefined;
}

/**
 * A frame every so many seconds from the first on, each with the time until which it stands; the last one ends with the video.
 * One that looks like the frame last read is marked `unchanged`. Throws RUNTIME without ffmpeg, IMAGE where it cannot read the
 * file.
 */
export async function* videoFrames(file: string, options: VideoOptions): AsyncGenerator<Predicted> {
  const { every, signal, notice } = options;
  const length = await videoLength(file, signal);
  const total = framesLookedAt(length, every);
  let read: Float32Array | undefined;
  let frames = 0;
  let skipped = 0;
  const next = (means: Float32Array | undefined, image?: PixelData): Predicted => {
    const isSame = means === undefined || (read !== undefined && isUnchanged(read, means));
    if (isSame) skipped++;
    else read = means;
    const [time, end] = [timeOf(frames, every), Math.min(length.seconds, timeOf(frames + 1, every))];
    frames++;
    return { answer: { file, time, end, ...(isSame && { unchanged: true }), faces: [] }, ...(!isSame && { image }) };
  };
  for await (const image of decodedFrames(file, every, signal)) {
    yield next(blockMeans(image), image);
    if (frames === total) break;
  }
  if (frames === 0) throw unreadable(file)("");
  // The last frame may stand for longer than the decoder repeats it.
  while (frames < total) yield next(undefined);
  const counts = `${frames - skipped} read, ${skipped} skipped as unchanged`;
  notice?.(
    `${file}: ${counted(length.frames, "frame")} in ${length.seconds.toFixed(1)} s, one looked at every ${every} s: ${counts}`,
  );
}

/** Number of the frames that `videoFrames` gives. */
export const framesLookedAt = ({ seconds }: VideoLength, every: number): number =>
  // A hundredth of a millisecond is rounding, no frame.
  Math.max(1, Math.ceil((seconds - 1e-5) / every));

/** Size of a video's frames, upright. Throws RUNTIME without ffmpeg, IMAGE where it cannot read the file. */
export async function frameSize(file: string): Promise<Size> {
  for await (const { width, height } of decodedFrames(file, 1)) return { width, height };
  throw unreadable(file)("");
}

/** Microseconds are what ffmpeg counts in. */
const timeOf = (frame: number, every: number): number => Math.round(1e6 * frame * every) / 1e6;

async function* decodedFrames(file: string, every: number, signal?: AbortSignal): AsyncGenerator<PixelData> {
  const output = ["-map", "0:V:0", "-vf", `fps=fps=1/${every}:start_time=0:round=up`];
  const words = ["-nostdin", "-v", "error", ...inputOf(file), ...output, "-f", "image2pipe", "-c:v", "ppm", "-"];
  const ffmpeg = startTool("ffmpeg", words, unreadable(file), { signal });
  try {
    if (ffmpeg.process.stdout) yield* portablePixmaps(ffmpeg.process.stdout);
    await ffmpeg.ended();
  } finally {
    ffmpeg.process.kill();
  }
}

/** `P6 WIDTH HEIGHT 255` and then three bytes a pixel, again and again. */
export async function* portablePixmaps(stream: AsyncIterable<Buffer>): AsyncGenerator<PixelData> {
  let bytes = Buffer.alloc(0);
  const parts: Buffer[] = [];
  let waiting = 0;
  let wanted = 0;
  for await (const part of stream) {
    parts.push(part);
    waiting += part.length;
    if (waiting < wanted) continue;
    bytes = Buffer.concat([bytes, ...parts.splice(0)]);
    for (let head = headOf(bytes); head !== undefined && bytes.length >= head.end; head = headOf(bytes)) {
      const { width, height, start, end } = head;
      yield { width, height, data: Uint8Array.from(bytes.subarray(start, end)) };
      bytes = bytes.subarray(end);
    }
    waiting = bytes.length;
    wanted = headOf(bytes)?.end ?? 0;
  }
}

const longestHead = 64;

function headOf(bytes: Buffer): { width: number; height: number; start: number; end: number } | undefined {
  const match = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.toString("latin1", 0, longestHead));
  if (match === null) return undefined;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const start = match[0].length;
  return { width, height, start, end: start + 3 * width * height };
}
