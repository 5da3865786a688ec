/** Text formats for the predictions of `predict`, written one picture after another. */

import { csvLine } from "../../platform/csv.ts";
import { Registry } from "../../platform/registry.ts";
import type { FilePrediction } from "./predictPictures.ts";

/** Named output format. */
export interface PredictionFormat {
  /** NAME in `--output NAME=FILE` */
  readonly name: string;
  /** Starts a file; `classes` are in the order of the probabilities. */
  open(classes: readonly string[]): PredictionText;
}

/** Writer of one file: text before the first prediction, per prediction, and after the last. */
export interface PredictionText {
  readonly head: string;
  /** Text of one picture's prediction. */
  each(answer: FilePrediction): string;
  /** Text after the last prediction. */
  tail(): string;
}

/** CSV with one row per face. A picture that has no face or cannot be read has one row with those cells empty. */
export const csv: PredictionFormat = {
  name: "csv",
  open: (classes) => {
    const heads = [
      "file",
      "time",
      "x",
      "y",
      "width",
      "height",
      "detection",
      "label",
      "score",
      ...classes,
      "confident",
      "error",
    ];
    const empty = Array.from({ length: heads.length - 3 }, () => "");
    return {
      head: csvLine(heads),
      each: ({ file, time = "", faces, error = "" }) =>
        faces.length === 0
          ? csvLine([file, time, ...empty, error])
          : faces
              .map(({ box, detection = "", label, score, confident, probabilities }) =>
                csvLine([
                  file,
                  time,
                  ...box,
                  detection,
                  label,
                  score,
                  ...classes.map((name) => probabilities[name]),
                  String(confident),
                  "",
                ]),
              )
              .join(""),
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

/** Formats of `predict --output`. */
export const predictionFormats = new Registry<PredictionFormat>("output format", /^[a-z][\w-]*$/, [
  json,
  jsonLines,
  csv,
]);
