/** Explanations of faces by each model, with deletion and insertion scores of its maps. */
import type { Classifier } from "../../method/classifier.ts";
import { type Areas, type RankingScore, rankingScores } from "../../method/explain/areas.ts";
import type { Explainer, ExplainOptions, FaceExplanation, TopPatches } from "../../method/explain/explainer.ts";
import {
  areaUnder,
  eachRanking,
  pixelOrders,
  type Ranking,
  type RemovalCurves,
  rankingNames,
  removalCurves,
} from "../../method/explain/removal.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import type { ExplainedModel } from "./models.ts";

/** A face to explain. */
export interface Face {
  readonly file: string;
  /** name of its true class, if known */
  readonly label?: string;
  /** normalised, [3,S,S] */
  readonly pixels: Float32Array;
}

/** A model's prediction for one face, and the scores of its maps. */
export interface FaceAnswer {
  readonly predicted: string;
  readonly probability: number;
  readonly areas: Partial<Record<Ranking, Areas>>;
  /** by class */
  readonly patches: Readonly<Record<string, TopPatches>>;
}

/** Explanations by one model. */
export interface ModelFaces {
  readonly model: string;
  readonly scores: readonly RankingScore[];
  /** means over the faces */
  readonly curves: Partial<Record<Ranking, RemovalCurves>>;
  /** in the order of the faces */
  readonly answers: readonly FaceAnswer[];
}

/** Options of `explainFaces`. */
export interface FacesOptions extends ExplainOptions {
  /** number of steps of the deletion and insertion curves */
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
  /** called with each explanation, to draw it */
  readonly show: (face: number, model: ExplainedModel, explanation: FaceExplanation) => Promise<void>;
}

/** Explains each face by each model. Throws INTERRUPTED. */
export async function explainFaces(
  models: readonly ExplainedModel[],
  faces: readonly Face[],
  options: FacesOptions,
  context: RunContext,
): Promise<ModelFaces[]> {
  const { progress, signal } = contextOf(context);
  if (faces.length === 0) return [];
  const task = progress.start({ label: "explaining", total: models.length * faces.length, unit: "faces" });
  const found: ModelFaces[] = [];
  for (const [m, model] of models.entries()) {
    const sessions = await openSessions(model, options.batchSize);
    const explained: { answer: FaceAnswer; curves: Curves }[] = [];
    try {
      for (const [f, face] of faces.entries()) {
        throwIfStopped(signal, "stopped before all faces were explained");
        const explanation = await sessions.explainer.explainPixels(face.pixels, options);
        const curves = await curvesOf(explanation, face, sessions, { ...options, seed: options.seed + f });
        explained.push({ answer: answerOf(explanation, curves, model), curves });
        await options.show(f, model, explanation);
        task.update(m * faces.length + f + 1);
      }
    } finally {
      await Promise.all([sessions.explainer.dispose(), sessions.classifier.dispose()]);
    }
    found.push({ model: model.name, ...overall(explained) });
  }
  task.finish();
  return found;
}

type Curves = Partial<Record<Ranking, RemovalCurves>>;

interface Sessions {
  readonly explainer: Explainer;
  readonly classifier: Classifier;
}

async function openSessions({ model }: ExplainedModel, batch: number): Promise<Sessions> {
  const explainer = await model.openExplainer(batch);
  try {
    return { explainer, classifier: await model.open(batch) };
  } catch (error) {
    await explainer.dispose();
    throw error;
  }
}

async function curvesOf(
  explanation: FaceExplanation,
  { pixels }: Face,
  { explainer, classifier }: Sessions,
  { steps, seed }: Pick<FacesOptions, "steps" | "seed">,
): Promise<Curves> {
  const { clip, classes } = explainer.model;
  const orders = pixelOrders(explanation, clip.config.vision, seed);
  const names = rankingNames.filter((name) => orders[name] !== undefined);
  const request = { pixels, target: explanation.target, classes: classes.length, steps };
  const curves = await removalCurves(
    request,
    names.flatMap((name) => orders[name] ?? []),
    classifier,
  );
  return Object.fromEntries(names.map((name, i) => [name, curves[i]]));
}

function answerOf(
  { target, probabilities, patches }: FaceExplanation,
  curves: Curves,
  { model: { classes } }: ExplainedModel,
): FaceAnswer {
  return {
    predicted: classes[target],
    probability: probabilities[target],
    areas: eachRanking(curves, ({ deletion, insertion }) => ({
      deletion: areaUnder(deletion),
      insertion: areaUnder(insertion),
    })),
    patches: Object.fromEntries(classes.map((name, c) => [name, patches[c]])),
  };
}

function overall(explained: readonly { answer: FaceAnswer; curves: Curves }[]): Omit<ModelFaces, "model"> {
  const [first] = explained;
  const all = eachRanking(first.curves, (_, name) => explained.flatMap(({ curves }) => curves[name] ?? []));
  const areas = eachRanking(first.answer.areas, (_, name) =>
    explained.flatMap(({ answer }) => answer.areas[name] ?? []),
  );
  return {
    scores: rankingScores(areas),
    curves: eachRanking(all, (curves) => ({
      deletion: meanCurve(curves.map(({ deletion }) => deletion)),
      insertion: meanCurve(curves.map(({ insertion }) => insertion)),
    })),
    answers: explained.map(({ answer }) => answer),
  };
}

const meanCurve = (curves: readonly (readonly number[])[]): number[] =>
  curves[0].map((_, i) => curves.reduce((sum, curve) => sum + curve[i], 0) / curves.length);
