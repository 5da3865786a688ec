/** Records that figures are made of: a run, an ablation, a protocol, an explanation or an evaluation. */

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { commandText, shellWord } from "../../platform/command.ts";
import { counted } from "../../platform/counts.ts";
import { MpaError } from "../../platform/errors.ts";
import { checkJson, isFile, parseJson, readText } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { ablationFigures } from "../ablate/figures.ts";
import { intervalsSchema, metricsSchema, readManifest, readRecordedRun } from "../manifest.ts";
import { protocolFigures } from "../protocols/figures.ts";
import { protocols } from "../protocols/options.ts";
import type { Figure, Origin } from "../report/figure.ts";
import { type MethodsRecord, methodsSchema } from "../report/methodsText.ts";
import { originOf } from "../report/origin.ts";
import { evaluationFigures, runFigures } from "../report/runFigures.ts";
import { runFiles } from "../runFolder.ts";
import { readRunRecords } from "../runReport.ts";
import { explanationFigures, explanationFile } from "./explanation.ts";

/** Figures with the record that each of them was made of. */
export interface SourcedFigure {
  readonly figure: Figure;
  readonly origin: Origin;
}

/** Figures of a record, and the folder that it is in. */
export interface FigureSource {
  readonly folder: string;
  readonly figures: readonly SourcedFigure[];
  /** of a run, what its methods paragraph says */
  readonly methods?: MethodsRecord;
}

/** Reads a record. Throws NOT_FOUND if the path has none, and CHECKPOINT or DATASET for a malformed one. */
export async function readFigures(path: string): Promise<FigureSource> {
  if (await isFile(path)) {
    return { folder: dirname(path), figures: await evaluationSource(path) };
  }
  const found = kinds.filter(({ file }) => existsSync(join(path, file)));
  if (found.length === 0) throw await noRecord(path);
  const figures = await Promise.all(found.map(({ read }) => read(path)));
  const methods = await methodsOf(path);
  return { folder: path, figures: figures.flat(), ...(methods && { methods }) };
}

/** The error for a folder without a record. It names the folders in it that have one. */
async function noRecord(path: string): Promise<MpaError> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const hasRecord = (name: string) => kinds.some(({ file }) => existsSync(join(path, name, file)));
  const inside = entries.flatMap((entry) => (entry.isDirectory() && hasRecord(entry.name) ? [entry.name] : [])).sort();
  if (inside.length > 0) {
    const [first] = inside;
    const shown = inside.length > maxNamed ? [...inside.slice(0, maxNamed), "…"] : inside;
    return new MpaError(
      "NOT_FOUND",
      `${path} is a folder of ${counted(inside.length, "run or table", "runs or tables")}: ${shown.join(", ")}`,
      {
        fix: `name ${inside.length === 1 ? "it" : "one of them"}: ${commandText(`figures ${shellWord(join(path, first))}`)}`,
      },
    );
  }
  const names = kinds.map(({ file }) => file).join(", ");
  return new MpaError("NOT_FOUND", `there is none of ${names} in ${path}`, {
    fix: "name the folder of a run, an ablation, a protocol or an explanation, or the file of evaluate --json",
  });
}

/** Maximum number of folders that the error names. */
const maxNamed = 10;

/** What the methods paragraph of a run says; undefined without a run, and for an older record that lacks a setting. */
async function methodsOf(folder: string): Promise<MethodsRecord | undefined> {
  const file = join(folder, runFiles.manifest);
  if (!existsSync(file)) return undefined;
  const { record } = await readRecordedRun(file);
  const { success, data } = methodsSchema.safeParse(record);
  return success ? data : undefined;
}

const kinds: readonly {
  readonly file: string;
  readonly read: (folder: string) => Promise<readonly SourcedFigure[]>;
}[] = [
  { file: runFiles.manifest, read: runSource },
  { file: "table.json", read: tableSource },
  { file: explanationFile, read: (folder) => explanationSource(folder) },
];

async function runSource(folder: string): Promise<readonly SourcedFigure[]> {
  const manifest = await readManifest(join(folder, runFiles.manifest));
  const { origin, ...run } = await readRunRecords(folder, manifest);
  const explained = await lastExplanation(folder);
  return [
    ...sourced(runFigures(run), origin),
    ...(explained === undefined ? [] : await explanationSource(explained, folder)),
  ];
}

/** The run's last explanation: `explain`, `explain-2` and so on. */
async function lastExplanation(folder: string): Promise<string | undefined> {
  const numbered = (await readdir(folder)).flatMap((name) => {
    const found = /^explain(?:-(\d+))?$/.exec(name);
    return found && existsSync(join(folder, name, explanationFile)) ? [{ name, number: Number(found[1] ?? 1) }] : [];
  });
  const last = numbered.sort((a, b) => a.number - b.number).at(-1);
  return last && join(folder, last.name);
}

async function explanationSource(folder: string, named = folder): Promise<readonly SourcedFigure[]> {
  const text = await readText(join(folder, explanationFile), "CHECKPOINT", jsonBounds.explanation);
  const origin = originOf({ of: basename(named), record: explanationFile, text });
  return sourced(await explanationFigures(folder, text), origin);
}

const spread = z.object({ mean: z.number(), sd: z.number().optional() });
const gain = z.object({
  ...{ difference: z.number(), interval: z.tuple([z.number(), z.number()]), p: z.number() },
  // Older tables give intervals over images alone.
  seeds: z.number().default(1),
});
const rowScores = z.object({
  ...{ accuracy: spread, uar: spread, gain: gain.optional() },
  runs: z.array(z.object({ seed: z.number(), accuracy: z.number(), uar: z.number() })).min(1),
});
const ablationSchema = z.object({
  format: z.literal("mpa-fer-ablation/1"),
  ...{ table: z.string(), split: z.string(), protocol: z.string().optional(), seeds: z.array(z.number()).min(1) },
  rows: z
    .array(
      rowScores.extend({
        ...{
          name: z.string(),
          parameters: z.number(),
          mebibytes: z.number(),
          paper: z.number().optional(),
          test: rowScores.optional(),
        },
      }),
    )
    .min(1),
});

const protocolScore = rowScores.omit({ gain: true }).extend({
  ...{ on: z.string(), images: z.number(), gain: gain.optional(), recall: spread.optional() },
});
const protocolSchema = z.object({
  format: z.literal("mpa-fer-protocol/1"),
  ...{
    protocol: z.enum(protocols),
    split: z.string(),
    seeds: z.array(z.number()).min(1),
    caveat: z.string().optional(),
  },
  rows: z.array(z.object({ name: z.string(), scores: z.array(protocolScore).min(1) })).min(1),
  summary: z.array(z.object({ name: z.string(), value: spread, over: z.enum(["seeds", "folds"]) })),
});
const tableSchema = z.discriminatedUnion("format", [ablationSchema, protocolSchema]);

/** Figures of the table of an ablation or a protocol. */
async function tableSource(folder: string): Promise<readonly SourcedFigure[]> {
  const record = "table.json";
  const { text, value } = await readRecord(join(folder, record), tableSchema);
  const figures = value.format === "mpa-fer-ablation/1" ? ablationFigures(value.rows, value) : protocolFigures(value);
  return sourced(figures, originOf({ of: basename(folder), record, text }));
}

const shares = z.tuple([z.number(), z.number()]);
const evaluationSchema = z.intersection(
  metricsSchema,
  z.object({
    ...{ split: z.string(), protocol: z.string().optional(), intervals: intervalsSchema },
    reliability: z.array(
      z.object({
        ...{ low: z.number(), high: z.number(), count: z.number(), confidence: z.number(), accuracy: z.number() },
      }),
    ),
    coverage: z.array(z.object({ threshold: z.number(), coverage: z.number(), accuracy: z.number() })),
    slices: z
      .array(
        z.object({
          ...{ column: z.string(), unknown: z.number() },
          groups: z.array(
            z.object({
              ...{ value: z.string(), n: z.number() },
              ...{ accuracy: z.number().optional(), interval: shares.optional() },
            }),
          ),
        }),
      )
      .optional(),
  }),
);

async function evaluationSource(path: string): Promise<readonly SourcedFigure[]> {
  const { text, value } = await readRecord(path, evaluationSchema);
  const name = basename(path);
  return sourced(evaluationFigures(value), originOf({ of: name, record: name, text }));
}

async function readRecord<S extends z.ZodType>(path: string, schema: S) {
  const text = await readText(path, "CHECKPOINT", jsonBounds.run);
  return { text, value: checkJson(parseJson(text, path, "CHECKPOINT", jsonBounds.run), schema, path, "CHECKPOINT") };
}

const sourced = (figures: readonly Figure[], origin: Origin): SourcedFigure[] =>
  figures.map((figure) => ({ figure, origin }));
