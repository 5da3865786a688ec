/** Figures of an explanation's folder: saliency grid, deletion and insertion curves, features. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { rankingNames } from "../../method/explain/removal.ts";
import { checkJson, parseJson } from "../../platform/files.node.ts";
import { jsonBounds } from "../../platform/json.ts";
import { faceFolder, safeName } from "../explain/drawing.ts";
import {
  type FeaturePlot,
  featuresFigure,
  type RemovalPlot,
  removalFigure,
  type SaliencyRow,
  saliencyFigure,
} from "../report/explainFigures.ts";
import type { Figure } from "../report/figure.ts";

/** File name of an explanation's record. */
export const explanationFile = "explain.json";

/** Maximum number of faces in the grid, as many as a page has room for. */
const shownFaces = 6;

const curve = z.array(z.number());
const schema = z.object({
  about: z.object({ classes: z.array(z.string()) }),
  removal: z.array(
    z.object({
      model: z.string(),
      curves: z.partialRecord(z.enum(rankingNames), z.object({ deletion: curve, insertion: curve })),
    }),
  ),
  planes: z.array(
    z.object({
      ...{ models: z.array(z.string()), perplexity: z.number(), trustworthiness: z.number() },
      images: z.array(z.object({ label: z.string(), place: z.tuple([z.number(), z.number()]) })),
    }),
  ),
  faces: z.array(
    z.object({ label: z.string().optional(), answers: z.record(z.string(), z.object({ predicted: z.string() })) }),
  ),
});

/** Figures of an explanation from its record's text and the pictures beside it. Throws CHECKPOINT. */
export async function explanationFigures(folder: string, text: string): Promise<Figure[]> {
  const path = join(folder, explanationFile);
  const record = checkJson(parseJson(text, path, "CHECKPOINT", jsonBounds.explanation), schema, path, "CHECKPOINT");
  const { about, faces } = record;
  const removal: readonly Pick<RemovalPlot, "model" | "curves">[] = record.removal;
  const planes: readonly FeaturePlot[] = record.planes;
  const rows = await saliencyRows(folder, faces);
  return [
    ...(rows === undefined ? [] : [saliencyFigure(rows.rows, rows.method)]),
    ...(removal.length > 0 ? [removalFigure(removal)] : []),
    ...(planes.length > 0 ? [featuresFigure(planes, about.classes)] : []),
  ];
}

/** Rows of the saliency grid; undefined if the folder has no pictures. SmoothGrad is preferred to the plain gradient. */
async function saliencyRows(
  folder: string,
  faces: z.output<typeof schema>["faces"],
): Promise<{ readonly rows: readonly SaliencyRow[]; readonly method: string } | undefined> {
  const rows: SaliencyRow[] = [];
  let method = "SmoothGrad";
  for (const [i, { label, answers }] of faces.slice(0, shownFaces).entries()) {
    const own = join(folder, faceFolder(i));
    const maps = Object.entries(answers).map(([model, { predicted }]) => {
      const smooth = join(own, safeName(model), "smoothgrad.png");
      if (!existsSync(smooth)) method = "Gradient saliency";
      return { model, predicted, path: existsSync(smooth) ? smooth : join(own, safeName(model), "gradient.png") };
    });
    const paths = [join(own, "picture.png"), ...maps.map(({ path }) => path)];
    if (!paths.every((path) => existsSync(path))) continue;
    const [picture, ...pictures] = await Promise.all(paths.map(dataUrl));
    rows.push({
      ...{ label, picture },
      maps: maps.map(({ model, predicted }, m) => ({ model, predicted, picture: pictures[m] })),
    });
  }
  return rows.length === 0 ? undefined : { rows, method };
}

const dataUrl = async (path: string): Promise<string> =>
  `data:image/png;base64,${(await readFile(path)).toString("base64")}`;
