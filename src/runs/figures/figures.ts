/** `figures`: writes all figures of a run, an ablation, a protocol, an explanation or an evaluation as files for a paper, and a run's methods text. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { latex } from "../../platform/escape.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { markdown } from "../../platform/markdown.ts";
import { latexTable, markdownTable, tableCsv } from "../report/dataTable.ts";
import { figureWidths, pixelsPerInch } from "../report/drawing.ts";
import { exportedSvg } from "../report/exportedSvg.ts";
import { captionOf, figureSvg, isPrinted } from "../report/figure.ts";
import { methodsLatex, methodsText } from "../report/methodsText.ts";
import { withPrintedColours } from "../report/palette.ts";
import type { FigureFormat, FiguresConfig } from "./options.ts";
import { pdfWriter } from "./pdf.ts";
import { readFigures, type SourcedFigure } from "./sources.ts";

/** Result of `figures`. */
export interface FiguresResult {
  readonly out: string;
  readonly figures: readonly {
    readonly name: string;
    /** title, description and origin */
    readonly caption: string;
    /** file names in `out` */
    readonly files: readonly string[];
  }[];
  /** file names of the texts: captions, LaTeX that includes the figures, and a run's methods paragraph */
  readonly texts: readonly string[];
}

interface FigureFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** Writes the figures. Throws NOT_FOUND, CHECKPOINT, DATASET, RUNTIME if pdfkit is missing, IMAGE for its font, WRITE and INTERRUPTED. */
export async function writeFigures(config: FiguresConfig, context: RunContext = {}): Promise<FiguresResult> {
  const { progress, signal, notice } = contextOf(context);
  const [source] = config.source;
  const { folder, figures, methods } = await readFigures(source);
  if (figures.length === 0) {
    throw new MpaError("NOT_FOUND", `${source} has no figures yet`, { fix: "train until the first validation" });
  }
  const draw = await painters(config, notice);
  const task = progress.start({ label: "figures", total: figures.length, unit: "figures" });
  const drawn: { readonly sourced: SourcedFigure; readonly files: readonly FigureFile[] }[] = [];
  for (const [i, sourced] of figures.entries()) {
    throwIfStopped(signal, "stopped before all figures were drawn");
    drawn.push({ sourced, files: await filesOf(sourced, config.format, draw) });
    task.update(i + 1);
  }
  task.finish();
  // All figures are drawn before the first is written, so that an error changes no file.
  const out = config.out ?? join(folder, "figures");
  const lists = [
    ...(config.format.includes("tex") ? [{ name: "figures.tex", content: inclusions(drawn) }] : []),
    ...(config.format.includes("md") ? [{ name: "captions.md", content: captions(figures) }] : []),
    ...(methods && config.format.includes("tex") ? [{ name: "methods.tex", content: methodsLatex(methods) }] : []),
    ...(methods && config.format.includes("md") ? [{ name: "methods.txt", content: methodsText(methods) }] : []),
  ];
  await makeOut(out);
  for (const { name, content } of [...drawn.flatMap(({ files }) => files), ...lists]) {
    await writeFileAtomic(join(out, name), content);
  }
  return {
    out,
    texts: lists.map(({ name }) => name),
    figures: drawn.map(({ sourced: { figure, origin }, files }) => ({
      ...{ name: figure.name, caption: captionOf(figure, origin), files: files.map(({ name }) => name) },
    })),
  };
}

/** Converts the SVG of a plot, as in reports, to a file's content. */
type Painter = (svg: string) => Promise<string | Uint8Array>;

/** Dots per inch of PNG files, as publishers want at least. */
const dpi = 300;

async function painters(
  { format, font }: FiguresConfig,
  notice: (line: string) => void,
): Promise<ReadonlyMap<FigureFormat, Painter>> {
  const all: readonly (readonly [FigureFormat, Painter])[] = [
    ["svg", async (svg) => exportedSvg(svg)],
    ["png", pngOf],
  ];
  if (!format.includes("pdf")) return new Map(all);
  if (font === undefined) notice("PDFs use Helvetica without embedding it; --font FILE embeds a font");
  return new Map([...all, ["pdf", await pdfWriter(font)]]);
}

/** Picture of a plot on white. librsvg scales sizes in inches twice, so the SVG's are in pixels. */
const pngOf: Painter = (svg) =>
  sharp(Buffer.from(withPrintedColours(svg)), { density: (dpi * 72) / pixelsPerInch })
    .flatten({ background: "#ffffff" })
    .withMetadata({ density: dpi })
    .png()
    .toBuffer();

async function filesOf(
  { figure, origin }: SourcedFigure,
  formats: readonly FigureFormat[],
  draw: Awaited<ReturnType<typeof painters>>,
): Promise<FigureFile[]> {
  const { name, data } = figure;
  const files: FigureFile[] = [];
  for (const width of figureWidths) {
    const svg = figureSvg(figure, width);
    if (svg === undefined) continue;
    for (const format of formats) {
      const content = await draw.get(format)?.(svg);
      if (content !== undefined) files.push({ name: `${name}-${width}.${format}`, content });
    }
  }
  const texts = {
    tex: () => latexTable(data, captionOf(figure, origin), name),
    csv: () => tableCsv(data),
    md: () => markdownTable(data),
  };
  const printed = isPrinted(figure);
  for (const [format, write] of Object.entries(texts)) {
    const wanted = formats.some((each) => each === format) && (printed || format === "csv");
    if (wanted) files.push({ name: `${name}.${format}`, content: write() });
  }
  return files;
}

/** LaTeX that includes every figure, with captions and labels. */
function inclusions(
  drawn: readonly { readonly sourced: SourcedFigure; readonly files: readonly FigureFile[] }[],
): string {
  const parts = drawn.map(({ sourced: { figure, origin }, files }) => {
    const names = files.map(({ name }) => name);
    const picture = names.find((name) => /-column\.(pdf|png)$/.test(name));
    if (figure.draw === undefined) return `\\input{${figure.name}.tex}\n`;
    const body =
      picture === undefined
        ? `  % \\includegraphics{${figure.name}-column} needs --format pdf or png`
        : `  \\includegraphics{${picture}}`;
    return `\\begin{figure}[t]\n  \\centering\n${body}\n  \\caption{${latex(captionOf(figure, origin))}}\n  \\label{fig:${figure.name}}\n\\end{figure}\n`;
  });
  return `% needs \\usepackage{booktabs,graphicx}\n${parts.join("\n")}`;
}

const captions = (figures: readonly SourcedFigure[]): string =>
  figures.map(({ figure, origin }) => `${markdown`- ${figure.name}: ${captionOf(figure, origin)}`.text}\n`).join("");

async function makeOut(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    throw new MpaError("WRITE", `cannot make ${out}`, { where: messageOf(cause), fix: "choose another --out", cause });
  }
}
