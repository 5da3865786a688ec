/** Subtitles of a video (WebVTT): who shows which expression. */
import { answerText } from "../../faces/answerText.ts";
import { scenesOf } from "../../faces/timeline.ts";
import { timestamp } from "../../platform/clock.ts";
import { MpaError } from "../../platform/errors.ts";
import { markupText } from "../../platform/escape.ts";
import { escaped } from "../../platform/quote.ts";
import type { PredictionFormat } from "./formats.ts";
import { type Video, VideoCollector } from "./videoCollector.ts";

/** WebVTT with one cue for as long as no expression changes. Throws USAGE for a second video: its times would mix with the first. */
export const vtt: PredictionFormat = {
  name: "vtt",
  open: () => {
    const collector = new VideoCollector();
    let isWritten = false;
    const write = (video: Video | undefined): string => {
      if (video === undefined) return "";
      if (isWritten) {
        throw new MpaError("USAGE", "subtitles are of one video", { where: video.file, fix: "name one video" });
      }
      isWritten = true;
      return cuesOf(video);
    };
    return {
      head: "WEBVTT\n",
      each: (answer) => write(collector.add(answer)),
      tail: () => write(collector.end()),
    };
  },
};

function cuesOf({ frames }: Video): string {
  return scenesOf(frames)
    .map(({ from, to, faces }) => {
      const lines = faces.map((face) => `Person ${face.track}: ${answerText(face)}`);
      return `\n${timestamp(from)} --> ${timestamp(to)}\n${lines.map((line) => markupText(escaped(line))).join("\n")}\n`;
    })
    .join("");
}
