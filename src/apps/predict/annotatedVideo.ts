/** A video with boxes and expressions drawn on every frame, with its own times and sound. */
import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import type { Size } from "../../pictures/image.ts";
import { MpaError } from "../../platform/errors.ts";
import { overlaySvg } from "./annotate.ts";
import { inputOf, type RunningTool, startTool, writeTo } from "./ffmpeg.ts";
import type { FilePrediction } from "./filePrediction.ts";
import { frameSize } from "./video.ts";

/**
 * Writes an annotated video (H.264 where ffmpeg has it) while its predictions arrive. The frames keep their times; boxes change with the
 * predictions. The file appears when it is complete.
 */
export class AnnotatedVideo {
  readonly #source: string;
  readonly #target: string;
  readonly #partial: string;
  readonly #size: Size;
  #ffmpeg: RunningTool | undefined;
  #last = -1;

  private constructor(source: string, target: string, size: Size) {
    this.#source = source;
    this.#target = target;
    this.#partial = join(dirname(target), `.${randomUUID()}.${basename(target)}`);
    this.#size = size;
  }

  /** Opens the drawing of the video `source`. Throws RUNTIME without ffmpeg, IMAGE where it cannot read the video. */
  static async open(source: string, target: string): Promise<AnnotatedVideo> {
    return new AnnotatedVideo(source, target, await frameSize(source));
  }

  /** Whether a prediction is a later frame of the same video. */
  isContinuedBy({ file, time }: FilePrediction): boolean {
    return file === this.#source && time !== undefined && time > this.#last;
  }

  /** Draws the faces of a frame from its time on. */
  async add(answer: FilePrediction): Promise<void> {
    const { time = 0, end = time } = answer;
    this.#ffmpeg ??= this.#start(end - time);
    this.#last = time;
    const svg = Buffer.from(overlaySvg(this.#size.width, this.#size.height, answer.faces));
    const overlay = sharp(svg).ensureAlpha().png({ compressionLevel: 1 });
    await writeTo(this.#ffmpeg, await overlay.toBuffer());
  }

  /** Completes the file. Throws WRITE where ffmpeg cannot. */
  async finish(): Promise<void> {
    if (this.#ffmpeg === undefined) return;
    this.#ffmpeg.process.stdin?.end();
    await this.#ffmpeg.ended();
    await rename(this.#partial, this.#target);
    this.#ffmpeg = undefined;
  }

  /** Discards the file unless it was finished. */
  async dispose(): Promise<void> {
    if (this.#ffmpeg === undefined) return;
    this.#ffmpeg.process.kill();
    await this.#ffmpeg.ended().catch(() => undefined);
    await rm(this.#partial, { force: true });
  }

  /** Starts ffmpeg with the video and, on standard input, an overlay every so many seconds. */
  #start(every: number): RunningTool {
    const overlays = ["-f", "image2pipe", "-c:v", "png", "-framerate", `${1 / every}`, "-i", "pipe:0"];
    // H.264 takes even sides only.
    const filter = "[0:V:0][1:v:0]overlay=eof_action=repeat,pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p[drawn]";
    const streams = ["-map", "[drawn]", "-map", "0:a?", "-c:a", "aac"];
    const output = ["-vsync", "vfr", "-movflags", "+faststart", "-f", "mp4", "-y", `file:${this.#partial}`];
    const words = ["-v", "error", ...inputOf(this.#source), ...overlays];
    return startTool(
      "ffmpeg",
      [...words, "-filter_complex", filter, ...streams, ...output],
      (complaint) => new MpaError("WRITE", `ffmpeg cannot write the video (${complaint})`, { where: this.#target }),
      { stdin: "pipe" },
    );
  }
}
