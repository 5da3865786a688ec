/** Predictions as text: formats in files or on standard output, and the table for people. */
import { percent } from "../../evaluation/rows.ts";
import { labelText } from "../../faces/answerText.ts";
import { personsOf, spansOf } from "../../faces/timeline.ts";
import { shortTime } from "../../platform/clock.ts";
import { openFileStream } from "../../platform/folders.node.ts";
import type { FilePrediction } from "./filePrediction.ts";
import type { PredictionText } from "./formats.ts";
import type { PredictionOutput } from "./output.ts";
import { type Video, VideoCollector } from "./videoCollector.ts";

/** Output in a format to a function, such as that of standard output. */
export function toWriter(write: (text: string) => unknown, { head, each, tail }: PredictionText): PredictionOutput {
  let pending = head;
  return {
    add: async ({ answer }) => {
      write(pending + each(answer));
      pending = "";
    },
    finish: async () => {
      write(pending + tail());
      return undefined;
    },
    dispose: async () => undefined,
  };
}

/** Output in a format to a file. Throws WRITE. */
export async function toFile(path: string, { head, each, tail }: PredictionText): Promise<PredictionOutput> {
  const stream = await openFileStream(path);
  await stream.write(head);
  return {
    add: ({ answer }) => stream.write(each(answer)),
    finish: async () => {
      await stream.write(tail());
      await stream.finish();
      return `written: ${path}`;
    },
    dispose: () => stream.dispose(),
  };
}

/** Heads of the table's columns. */
export const tableHeads = ["file", "x y width height", "expression", "probability"] as const;

/**
 * Output as rows of a table, and why pictures could not be read; both are passed on at the end, since the widths of the columns depend on
 * all rows.
 */
export function toTable(
  write: (rows: readonly (readonly string[])[], reasons: readonly string[]) => unknown,
): PredictionOutput {
  const rows: string[][] = [];
  const reasons: string[] = [];
  const collector = new VideoCollector();
  const endVideo = (video: Video | undefined) => rows.push(...(video === undefined ? [] : videoRows(video)));
  return {
    add: async ({ answer }) => {
      endVideo(collector.add(answer));
      if (answer.error !== undefined) reasons.push(answer.error);
      if (answer.time === undefined) rows.push(...pictureRows(answer));
    },
    finish: async () => {
      endVideo(collector.end());
      write(rows, reasons);
      return undefined;
    },
    dispose: async () => undefined,
  };
}

function pictureRows({ file, faces, error }: FilePrediction): string[][] {
  if (error !== undefined) return [[file, "", "not read", ""]];
  if (faces.length === 0) return [[file, "", "no face", ""]];
  return faces.map((face) => [file, face.box.map(Math.round).join(" "), labelText(face), percent(face.score)]);
}

/** One row for each expression of each person, sure or unsure, in the order in which they begin. */
function videoRows({ file, frames }: Video): string[][] {
  const spans = personsOf(frames).flatMap((person) =>
    spansOf(person).map((span) => ({ ...span, track: person.track })),
  );
  if (spans.length === 0) return [[file, "", "no face", ""]];
  return spans
    .sort((a, b) => a.from - b.from || a.track - b.track)
    .map(({ from, to, track, score, ...answer }) => {
      return [`${file} ${shortTime(from)}–${shortTime(to)}`, `person ${track}`, labelText(answer), percent(score)];
    });
}
