/** Options of `figures`. */
import { z } from "zod";
import { answerOptions, runGroup as run } from "../../platform/options/common.ts";
import { type CommandSchema, optionGroup, text } from "../../platform/options/option.ts";

const figures = optionGroup("Figures");

/** File formats: plots as SVG, PDF and PNG; tables, and the data of plots, as LaTeX, CSV and Markdown. */
export const figureFormats = ["svg", "pdf", "png", "tex", "csv", "md"] as const;
export type FigureFormat = (typeof figureFormats)[number];

const formatsError = `must be some of ${figureFormats.join(", ")}, with commas between them`;
const formats = z
  .union([z.string(), z.array(z.string())], { error: formatsError })
  .transform((given) => (Array.isArray(given) ? given : given.split(",")).map((name) => name.trim()))
  .pipe(
    z.array(z.enum(figureFormats, { error: formatsError }), { error: formatsError }).min(1, { error: formatsError }),
  )
  .transform((given) => figureFormats.filter((format) => given.includes(format)));

const figuresOptions = z.strictObject({
  source: figures(z.tuple([text("a folder or a file")], { error: "must be one folder or file" }), {
    value: "RUN|TABLE|EXPLANATION|EVALUATION.json",
    positional: true,
    role: "place",
    help: "folder of train, ablate, protocol or explain, or the file of evaluate --json",
  }),
  format: figures(formats.default(["svg", "tex", "csv", "md"]), {
    value: "FORMAT,…",
    role: "display",
    perCall: true,
    help: `${figureFormats.join(", ")}; pdf needs the package pdfkit`,
    source: "our choice",
    defaultText: "svg,tex,csv,md",
  }),
  font: figures(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "TrueType or OpenType font that PDFs embed; some publishers demand that all fonts are embedded",
    source: "our choice",
    defaultText: "Helvetica, which is not embedded",
  }),
  out: run(text("a folder").optional(), {
    value: "DIR",
    role: "place",
    perCall: true,
    help: "folder of the figures, whose older versions are replaced",
    source: "our choice",
    defaultText: "figures, in the folder or beside the file",
  }),
  ...answerOptions,
});

export type FiguresConfig = Readonly<z.output<typeof figuresOptions>>;
/** Options of `figures`; `config.parse({…})` checks them and fills in the defaults. */
export const figuresSchema = { options: figuresOptions, config: figuresOptions } satisfies CommandSchema<FiguresConfig>;
