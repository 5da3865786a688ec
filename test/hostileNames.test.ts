/** Output of names that are special to terminals, spreadsheets or parsers: data, model cards and lists. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { answer, outputWriter, table } from "../src/apps/cli/output.ts";
import { describeError } from "../src/apps/cli/program.ts";
import { createProgress } from "../src/apps/cli/progress.ts";
import { writeTransformersFolder, writeTritonFolder } from "../src/apps/export/layouts.ts";
import type { FilePrediction } from "../src/apps/predict/filePrediction.ts";
import { predictionFormats } from "../src/apps/predict/formatRegistry.ts";
import { modelCard } from "../src/apps/push/modelCard.ts";
import { type PublishedRun, readPublishedRun } from "../src/apps/push/publishedRun.ts";
import { parseClipPreprocess } from "../src/clip/preprocess.ts";
import { predictionsCsv, readPredictions } from "../src/evaluation/predictions.ts";
import { facePredictionSchema } from "../src/faces/prediction.ts";
import { cellText, parseCsv } from "../src/platform/csv.ts";
import { MpaError } from "../src/platform/errors.ts";
import { nameLines } from "../src/platform/escape.ts";
import { escaped, isPlainText } from "../src/platform/quote.ts";
import { csvTable, markdownTable } from "../src/runs/ablate/table.ts";
import { metricsSchema } from "../src/runs/manifest.ts";
import { check, face, hostile, metricsOf, other, stored } from "./hostileName.ts";

const written = (format: string, name: string): string => {
  const prediction: FilePrediction = { file: name, faces: [face(name)] };
  const { head, each, tail } = predictionFormats.get(format).open([name, other], { videos: 0 });
  return `${head}${each(prediction)}${each({ file: name, faces: [], error: name })}${tail()}`;
};

const rowOf = (name: string) => ({
  ...{ name, accuracy: { mean: 0.5 }, uar: { mean: 0.5 }, runs: [{ seed: 1, accuracy: 0.5, uar: 0.5 }] },
  ...{ parameters: 1, mebibytes: 1 },
});

let folder: string;
let run: PublishedRun;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-names-"));
  run = await readPublishedRun(join(import.meta.dirname, "fixtures/runs/finished/run.json"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a terminal", () => {
  const isHarmless = (text: string) => text.replaceAll("\t", "").split(/\r?\n/).every(isPlainText);

  it("gets tables, answers, notes, progress and errors without control characters", () =>
    check(async (name) => {
      const lines: string[] = [];
      const write = (text: string) => lines.push(text);
      const progress = createProgress({
        ...{ write, isTerminal: true, isQuiet: false, hasColour: false, columns: () => 200, clock: () => 1e6 },
      });
      const work = progress.start({ label: name, total: 1, unit: "images" });
      work.update(1, { [name]: name });
      work.note(name);
      work.finish();
      await answer({}, `text about ${name}`, undefined, { stdout: { write }, quiet: false });
      write(describeError(new MpaError("IMAGE", name, { where: name }), true));
      write(describeError(new Error(name), true));
      const cells = table([name], [[name]]);
      const text = [...lines, cells].join("").replaceAll("\r\u001b[K", "");
      expect(isHarmless(text)).toBe(true);
      expect(cells.split("\n")[1]).toBe(escaped(name).trimEnd());
    }));

  it("gets machine-readable data with escapes; a pipe gets every byte", () =>
    check((name) => {
      for (const format of ["csv", "json", "jsonl"]) {
        const data = written(format, name);
        const [onTerminal, piped]: [string[], string[]] = [[], []];
        outputWriter({ isTTY: true, write: (text) => onTerminal.push(text) }).write(data);
        outputWriter({ write: (text) => piped.push(text) }).write(data);
        expect(isHarmless(onTerminal.join(""))).toBe(true);
        expect(piped).toEqual([data]);
        if (format === "jsonl") expect(JSON.parse(onTerminal[0].split("\n")[0]).file).toBe(name);
      }
    }));
});

describe("CSV", () => {
  const isFormula = (cell: string) => /^[=+\-@\t\r\n]/.test(cell);

  it("has every name, and no cell that a spreadsheet runs", () =>
    check((name) => {
      const rows = [...parseCsv(stored(written("csv", name)), "faces.csv")].map(({ cells }) => cells);
      const [heads, first, second] = rows.map((cells) => cells.map(cellText));
      const own = stored(name);
      expect(heads.slice(-4)).toEqual([own, other, "confident", "error"]);
      expect(first).toEqual([own, "", "1", "2", "3", "4", "", own, "0.75", "0.75", "0.25", "true", ""]);
      expect([second[0], second.at(-1)]).toEqual([own, own]);
      expect(rows.flat().filter(isFormula)).toEqual([]);
      // A number stays a number, whatever its sign.
      expect(rows[1].slice(2, 6)).toEqual(["1", "2", "3", "4"]);
    }));

  it("round-trips through a run's predictions", () =>
    check((name) => {
      const given = {
        files: [name, other],
        labels: [0, 1],
        classes: [name, other],
        probabilities: [0.75, 0.25, 0.5, 0.5],
      };
      const text = predictionsCsv(given);
      expect(readPredictions(text, "predictions.csv")).toEqual({
        ...given,
        probabilities: Float32Array.from(given.probabilities),
      });
      expect([...parseCsv(text, "")].flatMap(({ cells }) => cells).filter(isFormula)).toEqual([]);
    }));

  it("has an ablation's rows", () =>
    check((name) => {
      const [, { cells }] = parseCsv(csvTable([rowOf(name)]), "table.csv");
      expect(cells.slice(0, 3)).toEqual([expect.anything(), "0.5", ""]);
      expect(cellText(cells[0])).toBe(name);
      expect(isFormula(cells[0])).toBe(false);
    }));
});

it("JSON has every name, and its readers lose none", () =>
  check((name) => {
    const [first, second] = JSON.parse(stored(written("json", name)));
    expect([first.file, first.faces[0].label, second.error]).toEqual([name, name, name]);
    expect(Object.entries(facePredictionSchema.parse(first.faces[0]).probabilities)).toEqual(
      Object.entries(face(name).probabilities),
    );
    const metrics = metricsOf(name);
    const read = metricsSchema.parse(JSON.parse(JSON.stringify(metrics)));
    expect(Object.entries(read.perClass)).toEqual(Object.entries(metrics.perClass));
    expect(Object.keys(metrics.perClass)).toContain(name);
  }));

describe("Markdown", () => {
  /** The rendered cells of the table rows. */
  const cellsOf = (text: string): string[][] =>
    text
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .map((line) =>
        line
          .slice(2, -2)
          .split(/(?<=(?<!\\)(?:\\\\)*) \| /)
          .map(plain),
      );
  const plain = (text: string): string =>
    /^`[^`]+`$/.test(text) ? text.slice(1, -1) : text.replace(/\\([!-/:-@[-`{-~])/g, "$1").replace("www\\.", "www.");

  it("of a card shows every name on its line, and its head is one document", async () => {
    const file = join(folder, "run.json");
    const text = JSON.stringify(run);
    await check(async (name) => {
      const record = JSON.parse(text);
      const counts = Object.fromEntries([
        [name, 3],
        [other, 1],
      ]);
      record.metrics = metricsOf(name);
      for (const split of Object.keys(record.data)) record.data[split].counts = counts;
      record.plugins = [{ name }];
      record.stopped = { by: name, reason: name };
      record.finished = false;
      record.backbone.name = name;
      record.versions = { [name]: name };
      await writeFile(file, JSON.stringify(record));
      const card = modelCard(await readPublishedRun(file), { repo: "owner/name", sha256: "", license: name });
      const end = card.indexOf("\n---\n", 4);
      expect(parse(card.slice(4, end))).toMatchObject({ license: name });
      const body = card.slice(end + 5);
      const own = escaped(name);
      const cells = cellsOf(body);
      expect(cells.filter(([first]) => first === own).map(([, second]) => second)).toEqual(
        expect.arrayContaining(["3", "100.00 %", own]),
      );
      expect(body.split("\n").filter((line) => line.startsWith("#"))).toHaveLength(6);
      expect(body.replaceAll(/`[^`\n]*`/g, "")).not.toMatch(/(?<!\\)<(?!\/?[A-Z]+>)|(?<!\\)\]\(/);
      expect(isPlainText(body.replaceAll("\n", ""))).toBe(true);
    });
  });

  it("of an ablation shows every name", () =>
    check((name) => {
      const text = markdownTable([rowOf(name), rowOf(other)], { split: "valid", seeds: [1] });
      expect(cellsOf(text).map(([first]) => first)).toEqual(["", escaped(name), other]);
      expect(cellsOf(text).map((cells) => cells.length)).toEqual([8, 8, 8]);
    }));
});

describe("lists for other programs", () => {
  it("with a name a line have every name on its line, or are not written", () =>
    check((name) => {
      if (isPlainText(name)) expect(nameLines([name, other], "CHECKPOINT", "f").split("\n")).toEqual([name, other, ""]);
      else
        expect(() => nameLines([name, other], "CHECKPOINT", "f")).toThrow(
          expect.objectContaining({ code: "CHECKPOINT", message: expect.stringContaining("a name a line") }),
        );
    }));

  const exported = (classes: readonly string[]) => ({
    ...{ bytes: new Uint8Array(1), classes, precision: "fp32" as const },
    preprocess: parseClipPreprocess(undefined, 32, "none"),
  });

  it("labels of Triton's are refused where a line break would shift them", async () => {
    await expect(writeTritonFolder(join(folder, "none"), exported(["a\nb", other]))).rejects.toThrow(
      '"a\\u000ab" has a line break',
    );
    await writeTritonFolder(join(folder, "triton"), exported(["<b>, =x", other]));
    expect(await readFile(join(folder, "triton/expressions/labels.txt"), "utf8")).toBe("<b>, =x\nother\n");
  });

  it("labels of Transformers.js keep every name", async () => {
    await mkdir(join(folder, "transformers"));
    await writeTransformersFolder(join(folder, "transformers"), exported(hostile));
    const { id2label, label2id } = JSON.parse(await readFile(join(folder, "transformers/config.json"), "utf8"));
    expect(Object.values(id2label)).toEqual(hostile);
    expect(Object.keys(label2id).sort()).toEqual([...hostile].sort());
  });
});
