/** Runs of graphs that take frozen features as their input `global`. */
import type { Backbone } from "../../clip/backbone.ts";
import { softmax } from "../../graph/ops/index.ts";
import type { Session } from "../../graph/runtime/session.ts";
import { openGraph, type RuntimeOptions, runMicroBatches } from "../classifier.ts";
import { featureInput, type Outputs } from "../graphs.ts";
import { type Baseline, type FeatureSplit, labelledFeatures, type SavedModel } from "./baseline.ts";

/** Features per run. */
export const runRows = 64;

/** Class probabilities [n,C] of the features of a split, in its order. */
export async function classifyFeatures(
  { logits }: Baseline,
  model: SavedModel,
  split: FeatureSplit,
  backbone: Backbone,
  runtime: RuntimeOptions,
): Promise<Float32Array> {
  const task = { ...backbone, classes: split.images.split.classes };
  const probabilities = softmax(logits(model, featureInput(backbone.clip, runRows), task));
  const outputs = await runFeatures({ probabilities }, labelledFeatures(split).features, backbone, runtime);
  return outputs.probabilities;
}

/** Opens a graph of `runRows` features, runs it on features [n,E], and returns each output [n,C] whole. */
export async function runFeatures(
  outputs: Outputs,
  features: Float32Array,
  backbone: Backbone,
  runtime: RuntimeOptions,
): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await openGraph(backbone, outputs, runtime);
  try {
    return await wholeOutputs(session, features, backbone.clip.config.jointWidth);
  } finally {
    await session.dispose();
  }
}

/** Outputs [n,C] of a session of `runRows` features for all features [n,E]. */
export async function wholeOutputs(
  session: Session,
  features: Float32Array,
  width: number,
  feeds: Readonly<Record<string, Float32Array>> = {},
): Promise<Readonly<Record<string, Float32Array>>> {
  const n = features.length / width;
  const whole: Record<string, Float32Array> = {};
  const pass = { session, input: "global", feeds, size: runRows, values: width };
  for await (const { start, count, results } of runMicroBatches(features, n, pass)) {
    for (const [name, rows] of Object.entries(results)) {
      const columns = rows.length / runRows;
      whole[name] ??= new Float32Array(n * columns);
      for (let i = 0; i < count * columns; i++) whole[name][start * columns + i] = Number(rows[i]);
    }
  }
  return whole;
}
