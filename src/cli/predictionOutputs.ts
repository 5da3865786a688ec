/** The ways in which `predict` answers, each told of one picture after another. */
import { mkdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { PredictConfig } from "../config.ts";
import { csvLine } from "../data/csvLine.ts";
import { MpaError, messageOf } from "../errors.ts";
import { percent } from "../evaluation/percent.ts";
import { openFileStream } from "../fileStream.ts";
import { writeFileAtomic } from "../files.ts";
import { freeName } from "../freeName.ts";
import { annotate } from "../recognise/annotate.ts";
import type { FilePrediction, Predicted } from "../recognise/predictPictures.ts";
import type { CommandContext } from "./command.ts";
import { table } from "./output.ts";

export interface PredictionOutput {
  add(predicted: Predicted): Promise<void>;
  /** What was written is in its place after this. */
  finish(): Promise<void>;
  /** Takes away what is not finished. */
  dispose(): Promise<void>;
}

/** What the configuration asks for. Throws USAGE where two outputs want standard output, WRITE where one cannot be. */
export async function openOutputs(
  config: PredictConfig,
  classes: readonly string[],
  { stdout, quiet }: CommandContext,
): Promise<PredictionOutput[]> {
  const { json, jsonl, csv, draw } = config;
  const streams = [
    { path: json, format: jsonFormat() },
    { path: jsonl, format: jsonLines },
    { path: csv, format: csvFormat(classes) },
  ].flatMap(({ path, format }) => (path === undefined ? [] : [{ path, format }]));
  const alone = streams.filter(({ path }) => path === "-");
  if (alone.length > 1) {
    throw new MpaError("USAGE", "standard output holds one answer", undefined, "name a file for the others");
  }
  const outputs: PredictionOutput[] = draw === undefined ? [] : [await drawings(draw)];
  for (const { path, format } of streams) {
    outputs.push(path === "-" ? toWriter((text) => stdout.write(text), format) : await toFile(path, format));
  }
  if (alone.length === 0 && !quiet) outputs.push(tableOutput((text) => stdout.write(text)));
  return outputs;
}

/** Text before the first answer, for each answer, and after the last. */
interface Format {
  readonly head: string;
  each(answer: FilePrediction): string;
  tail(): string;
}

const jsonLines: Format = { head: "", each: (answer) => `${JSON.stringify(answer)}\n`, tail: () => "" };

function jsonFormat(): Format {
  let count = 0;
  return {
    head: "[",
    each: (answer) => {
      const text = JSON.stringify(answer, null, 2).replaceAll("\n", "\n  ");
      return `${count++ === 0 ? "" : ","}\n  ${text}`;
    },
    tail: () => (count === 0 ? "]\n" : "\n]\n"),
  };
}

/** A picture without a face, and one that cannot be read, have a row with those cells empty. */
function csvFormat(classes: readonly string[]): Format {
  const heads = ["file", "time", "x", "y", "width", "height", "detection", "label", "score", ...classes, "error"];
  const empty = Array.from({ length: heads.length - 3 }, () => "");
  return {
    head: csvLine(heads),
    each: ({ file, time = "", faces, error = "" }) =>
      faces.length === 0
        ? csvLine([file, time, ...empty, error])
        : faces
            .map(({ box, detection = "", label, score, probabilities }) =>
              csvLine([file, time, ...box, detection, label, score, ...classes.map((name) => probabilities[name]), ""]),
            )
            .join(""),
    tail: () => "",
  };
}

function toWriter(write: (text: string) => unknown, { head, each, tail }: Format): PredictionOutput {
  let pending = head;
  return {
    add: async ({ answer }) => {
      write(pending + each(answer));
      pending = "";
    },
    finish: async () => {
      write(pending + tail());
    },
    dispose: async () => undefined,
  };
}

async function toFile(path: string, { head, each, tail }: Format): Promise<PredictionOutput> {
  const stream = await openFileStream(path);
  await stream.write(head);
  return {
    add: ({ answer }) => stream.write(each(answer)),
    finish: async () => {
      await stream.write(tail());
      await stream.finish();
    },
    dispose: () => stream.dispose(),
  };
}

/** Rows are kept until the columns' widths are known. */
function tableOutput(write: (text: string) => unknown): PredictionOutput {
  const rows: string[][] = [];
  return {
    add: async ({ answer: { file, time, faces, error } }) => {
      const name = time === undefined ? file : `${file} ${time} s`;
      if (error !== undefined) rows.push([name, "", "error", error]);
      else if (faces.length === 0) rows.push([name, "", "no face", ""]);
      else
        rows.push(
          ...faces.map(({ box, label, score }) => [name, box.map(Math.round).join(" "), label, percent(score)]),
        );
    },
    finish: async () => {
      write(table(["file", "x y width height", "expression", "probability"], rows));
    },
    dispose: async () => undefined,
  };
}

/** `photo.png` becomes `photo.jpg`, a second one of that name `photo-2.jpg`, a frame `video-3.5s.jpg`. */
async function drawings(folder: string): Promise<PredictionOutput> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new MpaError("WRITE", `cannot make the folder (${messageOf(cause)})`, folder, "name another one", { cause });
  }
  const taken = new Set<string>();
  return {
    add: async ({ answer: { file, time, faces, error }, picture: { image } }) => {
      if (error !== undefined || image instanceof MpaError) return;
      const stem = file === "-" ? "picture" : basename(file, extname(file));
      const name = freeName(time === undefined ? stem : `${stem}-${time}s`, "jpg", taken);
      await writeFileAtomic(join(folder, name), await annotate(image, faces));
    },
    finish: async () => undefined,
    dispose: async () => undefined,
  };
}
