/** Text formats for the predictions of `predict`, written one picture after another. */

import { csvLine } from "../../platform/csv.ts";
import type { FileFace, FilePrediction } from "./filePrediction.ts";

/** Named output format. */
export interface PredictionFormat {
  /** NAME in `--output NAME=FILE` */
  readonly name: string;
  /** Starts a file; `classes` are in the order of the probabilities, `videos` is the number of videos among the files. */
  open(classes: readonly string[], counts: { readonly videos: number }): PredictionText;
}

/** Writer of one file: text before the first prediction, per prediction, and after the last. */
export interface PredictionText {
  readonly head: string;
  /** Text of one picture's prediction. */
  each(answer: FilePrediction): string;
  /** Text after the last prediction. */
  tail(): string;
}

/**
 * CSV with one row per face. A picture that has no face or cannot be read has one row with those cells empty. Where there are
 * videos, further columns hold the end of the frame, the number of the face's track and the raw probabilities.
 */
export const csv: PredictionFormat = {
  name: "csv",
  open: (classes, { videos }) => {
    const ofVideos = videos > 0 ? ["end", "track", ...classes.map((name) => `raw_${name}`)] : [];
    const heads = ["x", "y", "width", "height", "detection", "label", "score", ...classes, ...ofVideos, "confident"];
    const rowOf = ({ file, time: from, end: to, error = "" }: FilePrediction, face?: FileFace) => {
      const [time, end] = [from ?? "", to ?? ""];
      if (face === undefined) return csvLine([file, time, ...heads.map((head) => (head === "end" ? end : "")), error]);
      const { box, detection = "", label, score, confident, probabilities, track = "", rawProbabilities = {} } = face;
      const raw = classes.map((name) => rawProbabilities[name] ?? "");
      const more = videos > 0 ? [end, track, ...raw] : [];
      const shares = classes.map((name) => probabilities[name]);
      return csvLine([file, time, ...box, detection, label, score, ...shares, ...more, String(confident), error]);
    };
    return {
      head: csvLine(["file", "time", ...heads, "error"]),
      each: (answer) =>
        answer.faces.length === 0 ? rowOf(answer) : answer.faces.map((face) => rowOf(answer, face)).join(""),
      tail: () => "",
    };
  },
};

/** JSON array, written incrementally. */
export const json: PredictionFormat = {
  name: "json",
  open: () => {
    let count = 0;
    return {
      head: "[",
      each: (answer) => {
        const text = JSON.stringify(answer, null, 2).replaceAll("\n", "\n  ");
        return `${count++ === 0 ? "" : ","}\n  ${text}`;
      },
      tail: () => (count === 0 ? "]\n" : "\n]\n"),
    };
  },
};

/** JSON Lines, one line per picture. */
export const jsonLines: PredictionFormat = {
  name: "jsonl",
  open: () => ({ head: "", each: (answer) => `${JSON.stringify(answer)}\n`, tail: () => "" }),
};
