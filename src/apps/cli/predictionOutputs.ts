/** Outputs of `predict`; each receives one picture's prediction after another. */

import { mkdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { percent } from "../../evaluation/rows.ts";
import { labelText } from "../../faces/answerText.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { openFileStream, unusedName } from "../../platform/folders.node.ts";
import { annotate } from "../predict/annotate.ts";
import { type PredictionText, predictionFormats } from "../predict/formats.ts";
import type { PredictConfig } from "../predict/options.ts";
import type { Predicted } from "../predict/predictPictures.ts";
import type { CommandContext } from "./command.ts";
import { table } from "./output.ts";

export interface PredictionOutput {
  add(predicted: Predicted): Promise<void>;
  /** Completes the output and moves it to its final path. */
  finish(): Promise<void>;
  /** Removes unfinished output. */
  dispose(): Promise<void>;
}

/** Opens the configured outputs. Throws USAGE if two of them want standard output, WRITE if one cannot be created. */
export async function openOutputs(
  config: PredictConfig,
  classes: readonly string[],
  { stdout, quiet }: CommandContext,
): Promise<PredictionOutput[]> {
  const { json, jsonl, csv, draw, output = [] } = config;
  const own = Object.entries({ json, jsonl, csv }).flatMap(([format, path]) => (path ? [{ format, path }] : []));
  const streams = [...own, ...output.map(namedOutput)].map(({ format, path }) => ({
    path,
    format: predictionFormats.get(format).open(classes),
  }));
  const alone = streams.filter(({ path }) => path === "-");
  if (alone.length > 1) {
    throw new MpaError("USAGE", "standard output holds one answer", { fix: "name a file for the others" });
  }
  const outputs: PredictionOutput[] = draw === undefined ? [] : [await drawings(draw)];
  for (const { path, format } of streams) {
    outputs.push(path === "-" ? toWriter((text) => stdout.write(text), format) : await toFile(path, format));
  }
  if (alone.length === 0 && !quiet) outputs.push(tableOutput((text) => stdout.write(text)));
  return outputs;
}

/** Parses `NAME=FILE`; the file name may contain further equals signs. */
function namedOutput(text: string): { readonly format: string; readonly path: string } {
  const at = text.indexOf("=");
  return { format: text.slice(0, at), path: text.slice(at + 1) };
}

function toWriter(write: (text: string) => unknown, { head, each, tail }: PredictionText): PredictionOutput {
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

async function toFile(path: string, { head, each, tail }: PredictionText): Promise<PredictionOutput> {
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

/** Table output; rows are buffered until the column widths are known. */
function tableOutput(write: (text: string) => unknown): PredictionOutput {
  const rows: string[][] = [];
  return {
    add: async ({ answer: { file, time, faces, error } }) => {
      const name = time === undefined ? file : `${file} ${time} s`;
      if (error !== undefined) rows.push([name, "", "error", error]);
      else if (faces.length === 0) rows.push([name, "", "no face", ""]);
      else
        rows.push(
          ...faces.map((face) => [name, face.box.map(Math.round).join(" "), labelText(face), percent(face.score)]),
        );
    },
    finish: async () => {
      write(table(["file", "x y width height", "expression", "probability"], rows));
    },
    dispose: async () => undefined,
  };
}

/** Output of annotated pictures: `photo.png` becomes `photo.jpg`, a second one `photo-2.jpg`, a video frame `video-3.5s.jpg`. */
async function drawings(folder: string): Promise<PredictionOutput> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new MpaError("WRITE", `cannot make the folder (${messageOf(cause)})`, {
      where: folder,
      fix: "name another one",
      cause,
    });
  }
  const taken = new Set<string>();
  return {
    add: async ({ answer: { file, time, faces, error }, image }) => {
      if (error !== undefined || image === undefined) return;
      const stem = file === "-" ? "picture" : basename(file, extname(file));
      const name = unusedName(time === undefined ? stem : `${stem}-${time}s`, "jpg", taken);
      await writeFileAtomic(join(folder, name), await annotate(image, faces));
    },
    finish: async () => undefined,
    dispose: async () => undefined,
  };
}
