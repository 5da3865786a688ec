/** A way to write the answers of `predict` as text, one picture after another. */

import { csvLine } from "../../platform/csv.ts";
import { Registry } from "../../platform/registry.ts";
import type { FilePrediction } from "./predictPictures.ts";

/** A form of the answers of `predict`, by its name. */
export interface PredictionFormat {
  /** `--output NAME=FILE` */
  readonly name: string;
  /** Starts one file; `classes` are in the order of the probabilities. */
  open(classes: readonly string[]): PredictionText;
}

/** Text before the first answer, for each answer, and after the last. */
export interface PredictionText {
  readonly head: string;
  /** The text of one picture's answer. */
  each(answer: FilePrediction): string;
  /** What stands after the last answer. */
  tail(): string;
}

/** One row a face. A picture without a face, and one that cannot be read, have a row with those cells empty. */
export const csv: PredictionFormat = {
  name: "csv",
  open: (classes) => {
    const heads = ["file", "time", "x", "y", "width", "height", "detection", "label", "score", ...classes, "error"];
    const empty = Array.from({ length: heads.length - 3 }, () => "");
    return {
      head: csvLine(heads),
      each: ({ file, time = "", faces, error = "" }) =>
        faces.length === 0
          ? csvLine([file, time, ...empty, error])
          : faces
              .map(({ box, detection = "", label, score, probabilities }) =>
                csvLine([
                  file,
                  time,
                  ...box,
                  detection,
                  label,
                  score,
                  ...classes.map((name) => probabilities[name]),
                  "",
                ]),
              )
              .join(""),
      tail: () => "",
    };
  },
};

/** One array (CONTRACT.md, Answers), written as it grows. */
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

/** One line a picture. */
export const jsonLines: PredictionFormat = {
  name: "jsonl",
  open: () => ({ head: "", each: (answer) => `${JSON.stringify(answer)}\n`, tail: () => "" }),
};

/** Every format that `predict --output` knows. A new one is one file and one line here. */
export const predictionFormats = new Registry<PredictionFormat>("output format", /^[a-z][\w-]*$/, [
  json,
  jsonLines,
  csv,
]);
