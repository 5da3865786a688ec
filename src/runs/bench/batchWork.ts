/** Work of a batch that `bench` times, counted from its graphs. */
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { countWork } from "../../graph/work.ts";
import { classifierGraph, trainingGraph } from "../../method/graphs.ts";
import type { RunContext } from "../../platform/context.ts";
import type { BenchConfig } from "./options.ts";
import type { BatchWork } from "./report.ts";
import { benchSpec } from "./work.ts";

/** Counts the work of a training step and of a prediction, each of the whole batch in one run. */
export async function batchWork(config: BenchConfig, context: RunContext = {}): Promise<BatchWork> {
  const { batchSize: batch, classes, topK, work } = config;
  const backbone = await openBackboneIn(config, config.backbone, context);
  const { clip } = backbone;
  // Without the hard prompts' features no session is needed; their part of the loss multiplies matrices of C × E, which is nothing here.
  const spec = await benchSpec(backbone, { ...config, beta: 0 });
  const theta = zeros([classes, clip.config.jointWidth]);
  const visual = spec.shapes["vision.prompts"];
  const visionPrompts = visual && zeros(visual);
  return {
    ...(work !== "predict" && { train: countWork(trainingGraph(clip, batch, spec)) }),
    ...(work !== "train" && {
      predict: countWork(classifierGraph(clip, { kind: "constants", batch, classes, topK, theta, visionPrompts })),
    }),
  };
}

/** Values of a shape, where only the shape matters. */
export const zeros = (shape: readonly number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});
