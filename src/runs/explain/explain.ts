/** `explain`: saliency maps, patches and features of several models side by side (paper, Figures 3 and 4). */
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Backbone } from "../../clip/backbone.ts";
import { readTensorBytes } from "../../clip/weights.node.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import { BadImages, ImageSource } from "../../data/images.node.ts";
import type { Split } from "../../data/sample.ts";
import { facesText } from "../../method/explain/areas.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { isFile, readText, writeFileAtomic } from "../../platform/files.node.ts";
import { makeFolder, unusedFolder } from "../../platform/folders.node.ts";
import { sha256, versions } from "../../platform/package.node.ts";
import { type ExplainReport, explainReport, explainSections } from "../report/explainReport.ts";
import { originOf } from "../report/origin.ts";
import { addSections } from "../report/page.ts";
import { runFiles } from "../runFolder.ts";
import { recordTestEvaluation } from "../runReport.ts";
import { ExplainDrawing } from "./drawing.ts";
import { explainFaces, type Face, type ModelFaces } from "./faces.ts";
import { explainFeatures, type FeaturePlane } from "./features.ts";
import { type ExplainedData, type ExplainedModel, type ExplainSetup, explainSetup, openModels } from "./models.ts";
import type { ExplainConfig } from "./options.ts";
import { explainedSplit, type FailedFile, fileFaces, splitFaces } from "./sources.ts";

/** Record of an explanation, with everything needed to repeat it. */
export interface ExplanationRecord {
  /** options with their defaults */
  readonly config: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly backbone: Pick<Backbone, "name" | "sha256">;
  readonly classes: readonly string[];
  readonly models: readonly {
    readonly name: string;
    readonly checkpoint?: string;
    /** hash of the checkpoint's bytes */
    readonly sha256?: string;
    readonly localTopK: number;
  }[];
}

/** Result of `explain`. */
export interface Explanation {
  /** the created folder */
  readonly out: string;
  readonly report: string;
  readonly about: ExplanationRecord;
  /**
   * Deletion and insertion scores of each model's maps over all faces.
   *
   * @internal
   */
  readonly removal: readonly Omit<ModelFaces, "answers">[];
  /** @internal */
  readonly planes: readonly Omit<FeaturePlane, "images">[];
  readonly faces: number;
  /** files that could not be read */
  readonly failed: readonly FailedFile[];
}

/**
 * Explains faces and atomically writes a folder with images, `explain.json` and `explain.html`. Throws RUNTIME for int8, IMAGE if no face
 * can be explained, INTERRUPTED, and the errors of opening the inputs.
 */
export async function explain(config: ExplainConfig, context: RunContext = {}): Promise<Explanation> {
  if (config.precision === "int8") {
    throw new MpaError("RUNTIME", "there are no gradients in int8", { fix: "use --precision fp32" });
  }
  const setup = await explainSetup(config);
  const out = await unusedFolder(config.out, config.run === undefined ? "runs/explain" : join(config.run, "explain"));
  const split = setup.data && (await explainedSplit(setup.data, config.seed, context));
  const models = await openModels(config, setup, context, split?.classes);
  if (split?.name === "test" && setup.data) await recordLook(split, setup.data, models, context);
  const source = split && imageSource(split, models, config, context);
  const { faces, failed } = source
    ? { faces: await splitFaces(source, config.images, config.seed, context), failed: [] }
    : await fileFaces(config, models[0].model.preprocess, context);
  if (faces.length === 0 && failed.length > 0)
    throw new MpaError("IMAGE", "there is no face to explain", { where: failed[0].error });
  const about = await explanationRecord(config, setup, models);
  const { result, page } = await makeFolder(out, async (partial) => {
    const drawing = new ExplainDrawing(partial, faces);
    const show = drawing.add.bind(drawing);
    const found = await explainFaces(models, faces, { ...config, copies: config.smooth, show }, context);
    const planes = source && config.points > 0 ? await explainFeatures(models, source, config, context) : [];
    const result = resultOf(out, about, found, planes, faces.length, failed);
    const text = `${JSON.stringify(wholeOf(result, found, planes, faces), null, 1)}\n`;
    await writeFile(join(partial, "explain.json"), text);
    const page: ExplainReport = {
      ...{ subject: subjectOf(setup, faces.length), backbone: about.backbone.name, classes: about.classes },
      ...{ faces: drawing.shown, faceCount: faces.length, removal: result.removal, planes, record: about },
      origin: originOf({ of: basename(config.run ?? out), record: "explain.json", text }),
    };
    await writeFile(join(partial, "explain.html"), explainReport(page));
    return { result, page };
  });
  if (config.run !== undefined) await addToRunReport(config.run, page, setup.reportFaces ?? true);
  return result;
}

/** Record of an explanation by these models. */
export async function explanationRecord(
  given: ExplainConfig,
  { hardPrompt, descriptions, template }: ExplainSetup,
  models: readonly ExplainedModel[],
): Promise<ExplanationRecord> {
  const [{ model }] = models;
  const { backbone, classes } = model.description;
  const config = { ...given, hardPrompt, descriptions, template };
  const described = models.map(async ({ name, model: { file, topK } }) => ({
    ...{ name, checkpoint: file, sha256: file && sha256(await readTensorBytes(file)), localTopK: topK },
  }));
  return {
    ...{ config, versions: versions(), classes, models: await Promise.all(described) },
    backbone,
  };
}

/**
 * Adds an explanation to a run's report, replacing an earlier one; without faces if the run's report excludes them. Rewriting the report
 * after further training drops the sections, because they describe other prompts.
 */
export async function addToRunReport(run: string, page: ExplainReport, withFaces: boolean): Promise<void> {
  const report = join(run, runFiles.report);
  if (!(await isFile(report))) return;
  const sections = explainSections(withFaces ? page : { ...page, faces: [] });
  const text = addSections(await readText(report, "CONFIG"), "explain", sections);
  if (text !== undefined) await writeFileAtomic(report, text);
}

/** Result with summary figures only, without single faces and t-SNE coordinates. */
function resultOf(
  out: string,
  about: ExplanationRecord,
  found: readonly ModelFaces[],
  planes: readonly FeaturePlane[],
  faces: number,
  failed: readonly FailedFile[],
): Explanation {
  return {
    ...{ out, report: join(out, "explain.html"), about, failed, faces },
    removal: found.map(({ answers: _, ...removal }) => removal),
    planes: planes.map(({ images: _, ...plane }) => plane),
  };
}

/** Contents of `explain.json`: the result with each face's answers and each image's t-SNE coordinates. */
function wholeOf(
  result: Explanation,
  found: readonly ModelFaces[],
  planes: readonly FeaturePlane[],
  faces: readonly Face[],
) {
  const answers = faces.map(({ file, label }, f) => ({
    ...{ file, label },
    answers: Object.fromEntries(found.map(({ model, answers }) => [model, answers[f]])),
  }));
  return { ...result, planes, faces: answers };
}

/** Records the use of the test split in each checkpoint's run, as an evaluation does. */
async function recordLook(
  split: Split,
  { dataset, data }: ExplainedData,
  models: readonly ExplainedModel[],
  { notice }: RunContext,
): Promise<void> {
  for (const { checkpoint } of models) {
    if (checkpoint === undefined) continue;
    const { warnings } = await recordTestEvaluation(checkpoint, {
      ...{ dataset, data, index: hashIndex(split) },
      images: split.samples.length,
    });
    for (const warning of warnings) notice?.(`${checkpoint}: ${warning}`);
  }
}

function imageSource(
  split: Split,
  [{ model }]: readonly ExplainedModel[],
  { allowBad }: ExplainConfig,
  context: RunContext,
): ImageSource {
  const { signal, notice } = contextOf(context);
  const bad = new BadImages({ name: split.name, size: split.samples.length }, allowBad, notice);
  return new ImageSource(split, { preprocess: model.preprocess, bad, signal });
}

const subjectOf = ({ data }: ExplainSetup, faces: number): string =>
  data === undefined ? `${facesText(faces)} in files` : `${data.split} split of ${data.dataset}`;
