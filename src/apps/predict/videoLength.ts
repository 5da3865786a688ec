/** Length of a video, from its packets: headers may lack it, and count sound that lasts longer. */
import { inputOf, outputOf, unreadable } from "./ffmpeg.ts";

/** Length of a video. */
export interface VideoLength {
  /** frames in the file */
  readonly frames: number;
  /** seconds from the start of the file to the end of the last frame */
  readonly seconds: number;
}

/** Reads the length of a video. Throws RUNTIME without ffprobe, IMAGE where it cannot read the file. */
export async function videoLength(file: string, signal?: AbortSignal): Promise<VideoLength> {
  const fields = "packet=pts_time,dts_time,duration_time,flags:format=start_time";
  const output = ["-v", "error", "-select_streams", "V:0", "-show_entries", fields, "-of", "compact=p=0"];
  const length = lengthOf(await outputOf("ffprobe", [...output, ...inputOf(file)], unreadable(file), signal));
  if (length.frames === 0) throw unreadable(file)("");
  return length;
}

/** Parses the packets that ffprobe lists, `pts_time=0.04|dts_time=0|duration_time=0.04|flags=K_` a line. */
export function lengthOf(text: string): VideoLength {
  let frames = 0;
  let start = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const line of text.split("\n")) {
    const values = new Map(line.split("|").map((part) => partsOf(part)));
    start = secondsIn(values.get("start_time")) ?? start;
    // An edit list of the file takes packets with the flag D out.
    if (!values.has("pts_time") || values.get("flags")?.includes("D")) continue;
    // A raw stream has no times.
    const time = secondsIn(values.get("pts_time")) ?? secondsIn(values.get("dts_time")) ?? Math.max(0, end);
    frames++;
    first = Math.min(first, time);
    last = Math.max(last, time);
    end = Math.max(end, time + (secondsIn(values.get("duration_time")) ?? 0));
  }
  if (frames === 0) return { frames, seconds: 0 };
  // Some containers do not say how long the last frame lasts: as long as the others.
  if (end === last && frames > 1) end += (last - first) / (frames - 1);
  return { frames, seconds: Math.round(1e6 * (end - start)) / 1e6 };
}

function partsOf(text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Undefined for `N/A`. */
function secondsIn(text: string | undefined): number | undefined {
  const seconds = text === undefined ? Number.NaN : Number.parseFloat(text);
  return Number.isNaN(seconds) ? undefined : seconds;
}
