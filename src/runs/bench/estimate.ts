/** What a benchmark will take, from a short one: a step of a few images each, after one to warm up. */
import { openBackboneIn } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import { estimateMemory } from "../../graph/memory.ts";
import { runSize } from "../../method/classifier.ts";
import { classifierGraph, type TrainingSpec } from "../../method/graphs.ts";
import { trainingMemory } from "../../method/memoryPlan.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import { zeros } from "./batchWork.ts";
import type { BenchConfig } from "./options.ts";
import { benchSpec, predictionWork, type TimedWork, trainingWork } from "./work.ts";

/** What one kind of work will take. */
export interface WorkEstimate {
  /** with the one that warms up */
  readonly steps: number;
  /** expected seconds of all of them */
  readonly seconds: number;
  /** expected bytes */
  readonly bytes: number;
}

/** What a benchmark will take. Work that `--work` leaves out is absent. */
export interface BenchEstimate {
  readonly train?: WorkEstimate;
  readonly predict?: WorkEstimate;
  /** expected seconds of both */
  readonly seconds: number;
  readonly batch: number;
  /** images of the steps that were timed */
  readonly timedImages: number;
  readonly provider: string;
}

/** Images of a timed step: as many as are run side by side. */
const maxTimedImages = 4;

/** Estimates a benchmark without running it; nothing is written. Throws the errors of opening the backbone, MEMORY, INTERRUPTED. */
export async function estimateBench(config: BenchConfig, context: RunContext = {}): Promise<BenchEstimate> {
  const { batchSize, work, provider } = config;
  const { progress, signal } = contextOf(context);
  const backbone = await openBackboneIn(config, config.backbone, context);
  const few = { ...config, batchSize: Math.min(batchSize, maxTimedImages) };
  const spec = await benchSpec(backbone, config);
  const steps = config.steps + 1;
  const task = progress.start({ label: "timing a step", total: work === "both" ? 2 : 1, unit: "steps" });
  const expected = async (open: () => Promise<TimedWork>): Promise<number> => {
    throwIfStopped(signal, "stopped while a step was timed");
    const opened = await open();
    try {
      return (steps * (await secondsOfStep(opened)) * batchSize) / few.batchSize;
    } finally {
      await opened.dispose();
    }
  };
  const train = work !== "predict" && {
    steps,
    seconds: await expected(() => trainingWork(backbone, few)),
    bytes: trainingMemory(backbone, spec, config).bytes,
  };
  task.update(1);
  const predict = work !== "train" && {
    steps,
    seconds: await expected(() => predictionWork(backbone, few)),
    bytes: predictionBytes(backbone, spec, config),
  };
  task.finish();
  const seconds = [train, predict].reduce((sum, each) => sum + (each === false ? 0 : each.seconds), 0);
  return {
    ...(train && { train }),
    ...(predict && { predict }),
    seconds,
    batch: batchSize,
    timedImages: few.batchSize,
    provider,
  };
}

/** Expected bytes of predictions: the weights as they are mapped and as they are packed, and the activations of a run. */
function predictionBytes({ clip }: Backbone, { shapes }: TrainingSpec, config: BenchConfig): number {
  const { provider, batchSize, classes, topK } = config;
  const visual = shapes["vision.prompts"];
  const graph = classifierGraph(clip, {
    ...{ kind: "constants", batch: runSize(clip, provider, batchSize), classes, topK },
    ...{ theta: zeros([classes, clip.config.jointWidth]), visionPrompts: visual && zeros(visual) },
  });
  const { weights, activations } = estimateMemory(graph);
  return 2 * weights + activations;
}

/** Seconds of the second step; the first one also allocates memory. */
async function secondsOfStep(work: TimedWork): Promise<number> {
  await work.step();
  const start = performance.now();
  await work.step();
  return (performance.now() - start) / 1000;
}
