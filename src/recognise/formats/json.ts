import type { PredictionFormat } from "./predictionFormat.ts";

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
