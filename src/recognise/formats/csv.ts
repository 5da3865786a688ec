import { csvLine } from "../../data/csvLine.ts";
import type { PredictionFormat } from "./predictionFormat.ts";

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
