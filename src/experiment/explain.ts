/** `explain`: saliency, patches and features of several models side by side (paper, Figures 3 and 4). */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExplainConfig } from "../config.ts";
import { hashIndex } from "../data/indexHash.ts";
import type { Split } from "../data/sample.ts";
import { MpaError } from "../errors.ts";
import { freeFolder, makeFolder } from "../folders.ts";
import { type ExplainReport, explainReport } from "../report/explainReport.ts";
import type { RunContext } from "../runContext.ts";
import { BadImages } from "./badImages.ts";
import { ExplainDrawing } from "./explainDrawing.ts";
import { explainFaces, type ModelFaces } from "./explainFaces.ts";
import { explainFeatures, type FeaturePlane } from "./explainFeatures.ts";
import { type FailedFile, fileFaces } from "./explainFiles.ts";
import { type ExplainedModel, openModels } from "./explainModels.ts";
import { addToRunReport } from "./explainRunReport.ts";
import { type ExplainSetup, explainSetup } from "./explainSetup.ts";
import { explainedSplit, splitFaces } from "./explainSplit.ts";
import { ImageSource } from "./imageSource.ts";
import { sha256, versions } from "./runFolder.ts";
import { recordTestOpening } from "./testOpenings.ts";

export interface Explanation {
  /** the folder that was made, with its page */
  readonly out: string;
  readonly report: string;
  readonly about: ExplanationRecord;
  /** deletion and insertion of each model's maps over all faces */
  readonly removal: readonly Omit<ModelFaces, "answers">[];
  readonly planes: readonly Omit<FeaturePlane, "images">[];
  readonly faces: number;
  /** files that could not be read */
  readonly failed: readonly FailedFile[];
}

/** Enough to do it again. */
export interface ExplanationRecord {
  readonly config: ExplainConfig;
  readonly versions: Readonly<Record<string, string>>;
  readonly backbone: { readonly name: string; readonly sha256: string };
  readonly classes: readonly string[];
  readonly models: readonly {
    readonly name: string;
    readonly checkpoint?: string;
    /** of the checkpoint's bytes */
    readonly sha256?: string;
    readonly localTopK: number;
  }[];
}

/** Writes a folder with pictures, `explain.json` and `explain.html`, whole or not at all. */
export async function explain(config: ExplainConfig, context: RunContext = {}): Promise<Explanation> {
  if (config.precision !== "fp32") {
    throw new MpaError("RUNTIME", "there are no gradients in int8", undefined, "use --precision fp32");
  }
  const setup = await explainSetup(config);
  const out = await freeFolder(config.out, config.run === undefined ? "runs/explain" : join(config.run, "explain"));
  const split = setup.data && (await explainedSplit(setup.data, config.seed));
  const models = await openModels(config, setup, context, split?.classes);
  if (split?.name === "test") await recordLook(split, models, context);
  const source = split && imageSource(split, models, config, context);
  const { faces, failed } = source
    ? { faces: await splitFaces(source, config.images, config.seed, context), failed: [] }
    : await fileFaces(config, models[0].predictor.backbone.preprocess, context);
  if (faces.length === 0 && failed.length > 0)
    throw new MpaError("IMAGE", "there is no face to explain", failed[0].error);
  const { result, page } = await makeFolder(out, async (partial) => {
    const drawing = new ExplainDrawing(partial, faces);
    const { smooth: copies, noise, topK, steps, batchSize, seed, points, perplexity, threads, provider } = config;
    const options = { copies, noise, topK, steps, batchSize, seed };
    const show = drawing.add.bind(drawing);
    const found = await explainFaces(models, faces, { ...options, show }, context);
    const layout = { points, perplexity, seed, batchSize, threads, provider };
    const planes = source && points > 0 ? await explainFeatures(models, source, layout, context) : [];
    const about = await record(config, models);
    const result: Explanation = {
      ...{ out, report: join(out, "explain.html"), about, failed, faces: faces.length },
      removal: found.map(({ answers: _, ...removal }) => removal),
      planes: planes.map(({ images: _, ...plane }) => plane),
    };
    const answers = faces.map(({ file, label }, f) => ({
      ...{ file, label },
      answers: Object.fromEntries(found.map(({ model, answers }) => [model, answers[f]])),
    }));
    const whole = { ...result, planes, faces: answers };
    await writeFile(join(partial, "explain.json"), `${JSON.stringify(whole, null, 1)}\n`);
    const pictures = { faces: drawing.shown, faceCount: faces.length };
    const { classes, backbone } = about;
    const named = { subject: subjectOf(setup, faces.length), backbone: backbone.name, classes };
    const page: ExplainReport = { ...named, ...pictures, removal: result.removal, planes, record: about };
    await writeFile(join(partial, "explain.html"), explainReport(page));
    return { result, page };
  });
  if (config.run !== undefined) await addToRunReport(config.run, page, setup.reportFaces ?? true);
  return result;
}

/** A look at the test split goes on the record of each checkpoint's run, as a score on it does. */
async function recordLook(split: Split, models: readonly ExplainedModel[], { notice }: RunContext): Promise<void> {
  for (const { checkpoint } of models) {
    if (checkpoint === undefined) continue;
    const { warnings } = await recordTestOpening(checkpoint, { index: hashIndex(split), images: split.samples.length });
    for (const warning of warnings) notice?.(`${checkpoint}: ${warning}`);
  }
}

function imageSource(
  split: Split,
  [{ predictor }]: readonly ExplainedModel[],
  { allowBad }: ExplainConfig,
  { signal, notice = () => undefined }: RunContext,
): ImageSource {
  const bad = new BadImages({ name: split.name, size: split.samples.length }, allowBad, notice);
  return new ImageSource(split, { preprocess: predictor.backbone.preprocess, bad, signal });
}

async function record(config: ExplainConfig, models: readonly ExplainedModel[]): Promise<ExplanationRecord> {
  const [{ predictor }] = models;
  const { backbone, classes } = predictor;
  const described = models.map(async ({ name, predictor: { file, subject } }) => ({
    ...{ name, checkpoint: file, sha256: file && sha256(await readFile(file)), localTopK: subject.localTopK },
  }));
  return {
    ...{ config, versions: versions(), classes, models: await Promise.all(described) },
    backbone: { name: backbone.name, sha256: backbone.sha256 },
  };
}

const subjectOf = ({ data }: ExplainSetup, faces: number): string =>
  data === undefined ? `${faces} faces in files` : `${data.split} split of ${data.dataset}`;
