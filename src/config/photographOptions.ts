/** Options of what looks for faces in pictures and names their expressions. */
import { z } from "zod";
import { data } from "./dataOptions.ts";
import { flag, integer, real, text } from "./kinds.ts";

export const photographOptions = {
  files: data(z.array(text("a file"), { error: "must be a list of files" }).min(1, { error: "must name a file" }), {
    value: "FILE…",
    positional: true,
    help: "photographs, folders, patterns, videos (with ffmpeg on the path), or - for standard input",
  }),
  detect: data(flag().default(true), { help: "take each image as one aligned face" }),
  every: data(real(0, { open: true }).default(1), {
    value: "S",
    help: "seconds between the frames of a video that are looked at",
    source: "our choice",
  }),
};

/** More ways to answer than a table and JSON. */
export const predictionOutputOptions = {
  jsonl: data(text("a file").optional(), {
    value: "FILE",
    help: "write one line of JSON a picture as it is done; - is standard output, alone there",
  }),
  csv: data(text("a file").optional(), {
    value: "FILE",
    help: "write one row a face; - is standard output, alone there",
  }),
  output: data(
    z
      .array(
        text("a format and a file").regex(/^[^=]+=./, { error: "must be a format and a file, such as csv=faces.csv" }),
        {
          error: "must be a list",
        },
      )
      .optional(),
    {
      value: "FORMAT=FILE",
      repeatable: true,
      help: "write the answers in this format: json, jsonl, csv, or a plugin's",
    },
  ),
  draw: data(text("a folder").optional(), {
    value: "DIR",
    help: "write each picture with boxes and expressions drawn on it",
  }),
};

/** What counts as a face. */
export const detectorOptions = {
  smallestFace: data(integer(8).optional(), {
    value: "PX",
    help: "pixels of the smallest face to look for; less costs time on large pictures",
    source: "our choice",
    defaultText: "24; more for pictures over 1728 pixels, a seventy-second of their longer side",
  }),
  faceScore: data(real(0, { open: true, below: 1 }).default(0.35), {
    value: "P",
    help: "how sure the detector has to be of a face",
    source: "our choice",
  }),
};

/** `predict` and what serves it answer with the prompts that come with the backbone where nothing else is named. */
export const predictorOptions = {
  checkpoint: data(text("a file").optional(), {
    value: "FILE",
    help: "trained prompts; without it those that come with the backbone, else zero-shot",
  }),
  zeroShot: data(flag().default(false), { help: "let the hard prompts classify where no checkpoint is named" }),
};
