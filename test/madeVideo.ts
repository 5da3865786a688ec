/** Videos made with ffmpeg for tests and documents. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import sharp from "sharp";
import { canvas, type PlacedFace } from "./canvas.ts";

const run = promisify(execFile);

/** Whether ffmpeg is on the path; tests that need it skip otherwise. */
export const hasFfmpeg = await run("ffmpeg", ["-version"]).then(
  () => true,
  () => false,
);

/** Runs ffmpeg and overwrites its output. */
export const ffmpeg = (...words: readonly string[]): Promise<unknown> => run("ffmpeg", ["-y", "-v", "error", ...words]);

/** Size and rate of a made video. */
export interface MadeVideo {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** Writes one frame after another, each with the given faces on a plain ground. */
export async function writeVideo(
  file: string,
  { width, height, framesPerSecond }: MadeVideo,
  frames: readonly (readonly PlacedFace[])[],
): Promise<void> {
  const raw: Buffer[] = [];
  for (const faces of frames)
    raw.push(
      await sharp(await canvas(width, height, faces))
        .raw()
        .toBuffer(),
    );
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(framesPerSecond)];
  const child = run("ffmpeg", ["-y", "-v", "error", ...input, "-i", "-", "-pix_fmt", "yuv420p", file]);
  child.child.stdin?.end(Buffer.concat(raw));
  await child;
}
