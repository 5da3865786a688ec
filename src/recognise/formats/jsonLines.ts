import type { PredictionFormat } from "./predictionFormat.ts";

/** One line a picture. */
export const jsonLines: PredictionFormat = {
  name: "jsonl",
  open: () => ({ head: "", each: (answer) => `${JSON.stringify(answer)}\n`, tail: () => "" }),
};
