import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { coverageCurve, reliability } from "../../evaluation/calibration.ts";
import { headlineIntervals } from "../../evaluation/intervals.ts";
import { scoreClassification } from "../../evaluation/metrics.ts";
import { sha256 } from "../../platform/package.node.ts";
import { writeFigures } from "./figures.ts";
import { type FiguresConfig, figuresSchema } from "./options.ts";
import { pdfWriter } from "./pdf.ts";

const fixture = join(import.meta.dirname, "../../../test/fixtures/runs/finished/run.json");
const evaluation = (classes: readonly string[]) => ({
  ...scoreClassification({ probabilities: [0.9, 0.1, 0.2, 0.8], labels: [0, 1], classes }),
  ...{ split: "test", provider: "cpu", intervals: headlineIntervals([0, 1], [0, 1], 2) },
  ...{ reliability: reliability([0.9, 0.8], [true, true]), coverage: coverageCurve([0.9, 0.8], [true, true]) },
});
const configOf = (given: object): FiguresConfig => figuresSchema.config.parse(given);

let folder: string;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-figures-"));
  run = join(folder, "run");
  await mkdir(run);
  await copyFile(fixture, join(run, "run.json"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the figures of a run", () => {
  it("are files of the given formats, with captions that name the record", async () => {
    const { out, figures, texts } = await writeFigures(configOf({ source: [run], format: "svg,png,tex,csv,md" }));
    expect(texts).toEqual(["figures.tex", "captions.md", "methods.tex", "methods.txt"]);
    expect(out).toBe(join(run, "figures"));
    expect(figures.map(({ name }) => name)).toEqual(["scores", "classes", "recall", "confusion"]);
    expect((await readdir(out)).sort()).toEqual([...figures.flatMap(({ files }) => files), ...texts].sort());
    expect(figures[3].files).toEqual([
      ...["confusion-column.svg", "confusion-column.png", "confusion-page.svg", "confusion-page.png"],
      ...["confusion.tex", "confusion.csv", "confusion.md"],
    ]);
    const hash = sha256(await readFile(fixture, "utf8")).slice(0, 16);
    for (const { caption } of figures)
      expect(caption).toContain(`(npx mpa-fer figures run) from run.json (SHA-256 ${hash}).`);
    expect(await readFile(join(out, "figures.tex"), "utf8")).toContain("\\includegraphics{confusion-column.png}");
    const methods = await readFile(join(out, "methods.txt"), "utf8");
    const { config, backbone, steps } = JSON.parse(await readFile(fixture, "utf8"));
    expect(methods).toContain(`frozen CLIP ${backbone.name} (weights with SHA-256 ${backbone.sha256.slice(0, 16)})`);
    expect(methods).toContain(`a learning rate of ${config.lr}`);
    expect(methods).toContain(`batches of ${config.batchSize}, 1 epoch (${steps} steps)`);
    expect(await readFile(join(out, "methods.tex"), "utf8")).toContain(`learning rate of ${config.lr}`);
    const { width, density } = await sharp(join(out, "recall-column.png")).metadata();
    expect([width, density]).toEqual([975, 300]);
  });

  it("replace older versions, and nothing if the record is damaged", async () => {
    const out = join(folder, "again");
    await writeFigures(configOf({ source: [run], format: "csv", out }));
    await writeFile(join(out, "classes.csv"), "old");
    const damaged = join(folder, "damaged");
    await mkdir(damaged);
    await writeFile(join(damaged, "run.json"), "{}");
    await expect(writeFigures(configOf({ source: [damaged], out }))).rejects.toMatchObject({ code: "CHECKPOINT" });
    expect(await readFile(join(out, "classes.csv"), "utf8")).toBe("old");
    await writeFigures(configOf({ source: [run], format: "csv", out }));
    expect(await readFile(join(out, "classes.csv"), "utf8")).toMatch(/^class,recall,precision,F1,images\r\n/);
  });

  it("include those of the last explanation, with its own hash", async () => {
    const explained = join(folder, "explained");
    for (const [name, predicted] of [
      ["explain", "anger"],
      ["explain-2", "fear"],
    ]) {
      const faces = join(explained, name, "faces/001/a-b");
      await mkdir(faces, { recursive: true });
      const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#888" } })
        .png()
        .toBuffer();
      await writeFile(join(faces, "../picture.png"), png);
      await writeFile(join(faces, "gradient.png"), png);
      const planes = [
        { models: ["a/b"], perplexity: 5, trustworthiness: 0.75, images: [{ label: "fear", place: [1, 2] }] },
      ];
      const removal = [{ model: "a/b", curves: { gradient: { deletion: [1, 0.5], insertion: [0, 1] } } }];
      const answers = { "a/b": { predicted } };
      const record = { about: { classes: ["fear", "anger"] }, removal, planes, faces: [{ label: "fear", answers }] };
      await writeFile(join(explained, name, "explain.json"), JSON.stringify(record));
    }
    await copyFile(fixture, join(explained, "run.json"));
    const { out, figures } = await writeFigures(configOf({ source: [explained], format: "csv,svg,pdf" }));
    const text = (name: string) => readFile(join(out, name), "utf8");
    expect(figures.slice(-3).map(({ name }) => name)).toEqual(["saliency", "removal", "features"]);
    expect(await text("saliency.csv")).toBe("label,a/b\r\nfear,fear\r\n");
    expect(await text("features.csv")).toBe("models,class,x,y\r\na/b,fear,1,2\r\n");
    expect(await text("removal.csv")).toContain("a/b,insertion,gradient,1,1\r\n");
    expect((await text("saliency-column.svg")).match(/<image/g)).toHaveLength(2);
    const hash = sha256(await readFile(join(explained, "explain-2/explain.json"), "utf8")).slice(0, 16);
    expect(figures.at(-1)?.caption).toContain(`(npx mpa-fer figures explained) from explain.json (SHA-256 ${hash}).`);
  });

  it("of the paper's protocol say in every caption that they are of seen data", async () => {
    const { figures } = await writeFigures(
      configOf({ source: [join(fixture, "../../protocol")], format: "csv", out: join(folder, "protocol") }),
    );
    expect(figures.length).toBeGreaterThan(3);
    for (const { caption } of figures) expect(caption).toContain("On the test split. Not a figure of unseen data: ");
  });

  it("are asked of one of several runs by its name", async () => {
    const several = join(folder, "several");
    for (const name of ["zero", "one"]) {
      await mkdir(join(several, name), { recursive: true });
      await copyFile(fixture, join(several, name, "run.json"));
    }
    await mkdir(join(several, "data"));
    await expect(writeFigures(configOf({ source: [several] }))).rejects.toMatchObject({
      ...{ code: "NOT_FOUND", what: `${several} is a folder of 2 runs or tables: one, zero` },
      fix: `name one of them: npx mpa-fer figures ${join(several, "one")}`,
    });
  });

  it("need a record", async () => {
    await expect(writeFigures(configOf({ source: [join(folder, "run/figures")] }))).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("there is none of run.json, table.json, explain.json in"),
    });
  });
});

it("the figures of an evaluation are read from its JSON", async () => {
  const file = join(folder, "evaluation.json");
  await writeFile(file, JSON.stringify(evaluation(["calm", "happiness"])));
  const { out, figures } = await writeFigures(configOf({ source: [file], format: ["csv"] }));
  expect(out).toBe(join(folder, "figures"));
  expect(figures.map(({ name }) => name)).toEqual([
    ...["scores", "classes", "recall", "confusion", "reliability", "risk-coverage"],
  ]);
  expect(await readFile(join(out, "confusion.csv"), "utf8")).toBe(
    "true class,calm,happiness\r\ncalm,1,0\r\nhappiness,0,1\r\n",
  );
});

describe("PDF", () => {
  const svg = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 48" width="96" height="48" role="img" aria-label="a"><g transform="translate(1,2)" stroke="var(--one)"><path d="M0,0H9" stroke-dasharray="4,4"></path></g><text x="48" y="1em">${text}</text></svg>`;

  it("has the size of the figure in points, and equal bytes for equal figures", async () => {
    const write = await pdfWriter(undefined);
    const pdf = Buffer.from(await write(svg("100 −5")));
    expect(pdf.toString("latin1")).toMatch(/^%PDF-1\.\d.{0,10000}MediaBox \[0 0 72 36\]/s);
    expect(pdf.equals(Buffer.from(await write(svg("100 −5"))))).toBe(true);
  });

  it("says that Helvetica lacks a character, before a file is changed", async () => {
    const file = join(folder, "far.json");
    await writeFile(file, JSON.stringify(evaluation(["平静", "happiness"])));
    const out = join(folder, "far");
    await expect(writeFigures(configOf({ source: [file], format: "pdf", out }))).rejects.toMatchObject({
      code: "RUNTIME",
      message: expect.stringContaining('Helvetica lacks characters of "平静"'),
    });
    await expect(readdir(out)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("refuses a file that is no font", async () => {
    const write = await pdfWriter(fixture);
    await expect(write(svg("a"))).rejects.toMatchObject({
      code: "IMAGE",
      message: expect.stringContaining("is not a font"),
    });
  });
});

it("formats are those of the list, in its order", () => {
  expect(configOf({ source: ["x"], format: "tex, svg,tex" }).format).toEqual(["svg", "tex"]);
  const { error } = figuresSchema.config.safeParse({ source: ["x"], format: "eps" });
  expect(error?.issues[0].message).toBe("must be some of svg, pdf, png, tex, csv, md, with commas between them");
});
