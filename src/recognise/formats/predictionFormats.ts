import { Registry } from "../../registry.ts";
import { csv } from "./csv.ts";
import { json } from "./json.ts";
import { jsonLines } from "./jsonLines.ts";
import type { PredictionFormat } from "./predictionFormat.ts";

/** Every format that `predict --output` knows. A new one is one file and one line here. */
export const predictionFormats = new Registry<PredictionFormat>("output format", /^[a-z][\w-]*$/, [
  json,
  jsonLines,
  csv,
]);
