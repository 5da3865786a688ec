/** Output of `predict --report`: a page with a timeline of each person. */
import type { ModelDescription } from "../../../faces/recognizer.ts";
import { writeFileAtomic } from "../../../platform/files.node.ts";
import type { Predicted } from "../filePrediction.ts";
import type { PredictionOutput } from "../output.ts";
import { type Video, VideoCollector } from "../videoCollector.ts";
import { Thumbnails } from "./thumbnails.ts";
import { type ReportedVideo, timelineReport } from "./timelineReport.ts";

/** Options of the report. */
export interface VideoReportOptions {
  readonly model: ModelDescription;
  /** whether the page shows faces */
  readonly hasFaces: boolean;
}

/** Opens the output; the page is written at the end, to `path`. Pictures among the files are not in it. */
export function openVideoReport(path: string, { model, hasFaces }: VideoReportOptions): PredictionOutput {
  const collector = new VideoCollector();
  const thumbnails = hasFaces ? new Thumbnails() : undefined;
  const videos: ReportedVideo[] = [];
  const endVideo = (video: Video | undefined) => {
    if (video !== undefined) videos.push({ ...video, ...(thumbnails && { thumbnails: thumbnails.take() }) });
  };
  return {
    add: async (predicted: Predicted) => {
      // A video's thumbnails are taken before those of the next one begin.
      endVideo(collector.add(predicted.answer));
      if (predicted.answer.time !== undefined) await thumbnails?.add(predicted);
    },
    finish: async () => {
      endVideo(collector.end());
      const { classes, backbone, checkpoint } = model;
      const name = checkpoint === undefined ? backbone.name : `${backbone.name} with ${checkpoint}`;
      await writeFileAtomic(path, timelineReport({ model: name, classes, videos }));
      return `written: ${path}`;
    },
    dispose: async () => undefined,
  };
}
