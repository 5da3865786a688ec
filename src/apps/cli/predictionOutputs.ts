/** Outputs of `predict`; each receives one picture's prediction after another. */
import { MpaError } from "../../platform/errors.ts";
import { escaped } from "../../platform/quote.ts";
import { openDrawings } from "../predict/drawings.ts";
import type { Predictions } from "../predict/filePrediction.ts";
import { predictionFormats } from "../predict/formatRegistry.ts";
import type { PredictConfig } from "../predict/options.ts";
import type { PredictionOutput } from "../predict/output.ts";
import { openVideoReport } from "../predict/report/videoReport.ts";
import { tableHeads, toFile, toTable, toWriter } from "../predict/textOutput.ts";
import type { CommandContext } from "./command.ts";
import { table } from "./output.ts";

/**
 * Opens the configured outputs. Throws USAGE if two of them want standard output, or if one that is of videos has none or too
 * many of them, and WRITE if one cannot be created.
 */
export async function openOutputs(
  config: PredictConfig,
  { model, videos }: Pick<Predictions, "model" | "videos">,
  { stdout, quiet }: CommandContext,
): Promise<PredictionOutput[]> {
  const { json, jsonl, csv, vtt, draw, report, reportFaces, output = [] } = config;
  const own = Object.entries({ json, jsonl, csv, vtt }).flatMap(([format, path]) => (path ? [{ format, path }] : []));
  const named = [...own, ...output.map(namedOutput)];
  if (named.filter(({ path }) => path === "-").length > 1) {
    throw new MpaError("USAGE", "standard output holds one answer", { fix: "name a file for the others" });
  }
  if (report !== undefined && videos === 0) {
    throw new MpaError("USAGE", "the report is of videos, and none is named", { fix: "leave --report out" });
  }
  if (named.some(({ format }) => format === "vtt") && videos !== 1) {
    throw new MpaError("USAGE", `subtitles are of one video, and ${videos} are named`, { fix: "name one" });
  }
  const outputs: PredictionOutput[] = draw === undefined ? [] : [await openDrawings(draw)];
  if (report !== undefined) outputs.push(openVideoReport(report, { model, hasFaces: reportFaces }));
  for (const { path, format } of named) {
    const text = predictionFormats.get(format).open(model.classes, { videos });
    outputs.push(path === "-" ? toWriter((part) => stdout.write(part), text) : await toFile(path, text));
  }
  const isTaken = named.some(({ path }) => path === "-");
  if (!isTaken && !quiet)
    outputs.push(toTable((rows, reasons) => stdout.write(withReasons(table(tableHeads, rows), reasons))));
  return outputs;
}

const withReasons = (rows: string, reasons: readonly string[]): string =>
  `${rows}${reasons.map((reason) => `not read: ${escaped(reason)}\n`).join("")}`;

/** Parses `NAME=FILE`; the file name may contain further equals signs. */
function namedOutput(text: string): { readonly format: string; readonly path: string } {
  const at = text.indexOf("=");
  return { format: text.slice(0, at), path: text.slice(at + 1) };
}
