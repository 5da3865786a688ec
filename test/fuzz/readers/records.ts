/** Readers of a run's files: manifest, records, predictions, cached features. */
import { join } from "node:path";
import { predictionsCsv, readPredictions } from "../../../src/evaluation/predictions.ts";
import { readText } from "../../../src/platform/files.node.ts";
import { readManifest, replayedOptions } from "../../../src/runs/manifest.ts";
import { readRecords } from "../../../src/runs/runFolder.ts";
import { readReplayed } from "../../../src/runs/train/replay.ts";
import { jsonExtremes, manyKeys, repeated } from "../extremes.ts";
import { type Reader, utf8 } from "../reader.ts";

const manifest = {
  format: "mpa-fer-run/1",
  finished: true,
  config: { variant: "mpa", dataset: "folder", data: "faces", labelRule: "plurality", lr: 0.032, threads: 1 },
  seed: 1,
  versions: { node: "20.19.0" },
  machine: { arch: "x64", processor: "any" },
  microBatch: 4,
  backbone: { name: "tiny", sha256: "0" },
  data: { train: { index: "1" }, valid: { index: "2" } },
  texts: { sha256: "3" },
  learned: { parameters: 7 },
  steps: 12,
  epochs: 3,
  best: { epoch: 1 },
  selection: "valid",
  testSplit: { openings: [] },
  bits: { last: "4", best: "5" },
};
const lines = [
  { kind: "step", step: 1, epoch: 0, lr: 0.032, images: 4, L_vt: 1.5 },
  { kind: "epoch", step: 4, epoch: 0, L_vt: 1.2 },
];
const predictions = {
  files: ["a,b.png", 'c"d.png'],
  labels: [0, 1],
  classes: ["anger", "fear"],
  probabilities: [0.7, 0.3, 0.1, 0.9],
};

/** The manifest, split where entries can be inserted. */
const around: readonly [string, string] = [`${JSON.stringify(manifest).slice(0, -1)},"metrics":`, "}"];
const { testSplit: _, ...unopened } = manifest;
const openings: readonly [string, string] = [`${JSON.stringify(unopened).slice(0, -1)},"testSplit":{"openings":`, "}}"];
const share = { recall: 1, precision: 1, f1: 1, support: 1 };
const line = (text: string, most: number) => ({
  ...{ name: `lines of ${text}`, file: "metrics.jsonl", most },
  make: (count: number) => repeated(count, utf8(`${text}\n`), utf8(""), utf8("")),
});

export const runRecords: Reader = {
  name: "run records",
  open: async (folder) => ({
    seeds: [
      { file: "run.json", bytes: utf8(JSON.stringify(manifest)) },
      { file: "metrics.jsonl", bytes: utf8(lines.map((line) => `${JSON.stringify(line)}\n`).join("")) },
      { file: "predictions.csv", bytes: utf8(predictionsCsv(predictions)) },
    ],
    tokens: [
      '"finished":',
      '"openings":[{}]',
      '"kind":"epoch"',
      '"',
      ",",
      "\r\n",
      "__proto__",
      '"config":{}',
      "Infinity",
    ],
    extremes: [
      ...jsonExtremes("run.json"),
      ...jsonExtremes("run.json", around),
      ...jsonExtremes("run.json", [`${around[0]}{"confusion":`, `}${around[1]}`]),
      ...jsonExtremes("run.json", [`${JSON.stringify(manifest).slice(0, -1)},"intervals":`, "}"]),
      ...jsonExtremes("run.json", openings),
      manyKeys("run.json", 100_000, JSON.stringify(share), [`${around[0]}{"perClass":`, `}${around[1]}`]),
      ...jsonExtremes("metrics.jsonl"),
      line("", 60_000_000),
      line("{}", 20_000_000),
      line('{"kind":"step","step":1}', 2_500_000),
      line('{"kind":"step","step":1}', 99_000),
    ],
    read: async ({ file }) => {
      const path = join(folder, file);
      if (file === "metrics.jsonl") await readRecords(path);
      else if (file === "predictions.csv") readPredictions(await readText(path, "DATASET"), path);
      else {
        await readManifest(path);
        await readReplayed(path);
        await replayedOptions(path);
      }
    },
  }),
};
