/** Formats of `predict --output`. */
import { Registry } from "../../platform/registry.ts";
import { csv, json, jsonLines, type PredictionFormat } from "./formats.ts";
import { vtt } from "./subtitles.ts";

/** Formats by name; plugins add theirs. */
export const predictionFormats = new Registry<PredictionFormat>("output format", /^[a-z][\w-]*$/, [
  json,
  jsonLines,
  csv,
  vtt,
]);
