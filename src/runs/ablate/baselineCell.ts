/** Cells of baselines: learned in this process, and saved in the cell's folder. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openBackboneIn } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import { BadImages, ImageSource } from "../../data/images.node.ts";
import { certainty } from "../../evaluation/certainty.ts";
import { scoreClassification } from "../../evaluation/metrics.ts";
import { type FeatureSplit, labelledFeatures } from "../../method/baselines/baseline.ts";
import { baselines } from "../../method/baselines/baselines.ts";
import { classifyFeatures } from "../../method/baselines/runFeatures.ts";
import { encodeHardPrompts } from "../../method/classifier.ts";
import { cachedFeatures } from "../../method/featureCache.node.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { prepareHardPrompts } from "../../method/prompts.ts";
import { type FeatureOptions, frozenFeatures } from "../../method/prototypes.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError, throwIfStopped } from "../../platform/errors.ts";
import { activePlugins } from "../../platform/registry.ts";
import { loadLimited } from "../evaluate/evaluate.ts";
import type { EvaluateConfig } from "../evaluate/options.ts";
import type { TrainConfig } from "../options.ts";
import { openData } from "../train/trainingData.ts";
import { type BaselineRecord, readBaseline, writeBaseline } from "./baselineFile.ts";
import type { RunScores } from "./summary.ts";

/** A learned cell of a baseline. */
export type BaselineCell = Readonly<Pick<BaselineRecord, "parameters" | "seconds">> & { readonly baseline: string };

const fileOf = ({ out }: TrainConfig): string => join(out, "baseline.safetensors");

/**
 * Learns a baseline from the cell's images, or reads what was learned before; `checkSame` throws if that had other settings. A cell that
 * was stopped is learned again from the start. Throws INTERRUPTED.
 */
export async function learnBaseline(
  baseline: string,
  run: TrainConfig,
  context: RunContext,
  checkSame: (found: Pick<BaselineRecord, "config">, run: TrainConfig) => void,
): Promise<BaselineCell> {
  const file = fileOf(run);
  const plugin = activePlugins.all.find((each) => each.baselines?.includes(baseline))?.sha256;
  if (existsSync(file)) {
    const found = await readBaseline(file);
    if (found.method !== baseline) {
      throw new MpaError("CHECKPOINT", `it is of ${found.method}, not of ${baseline}`, { where: file });
    }
    if (found.plugin !== plugin) {
      const fix = "choose another --out, or delete the file, and it is learned again";
      throw new MpaError("CHECKPOINT", `the plugin with ${baseline} is another than when it was learned`, {
        where: file,
        fix,
      });
    }
    checkSame(found, run);
    return { baseline, parameters: found.parameters, seconds: found.seconds };
  }
  const started = performance.now();
  const { backbone, train, valid } = await openData(run, context);
  const { threads, provider, seed, augment, hardPrompt } = run;
  const { classes } = train.split;
  const texts = prepareHardPrompts(backbone, classes, hardPrompt, await readDescriptions(run.descriptions));
  const runtime = { threads, provider };
  const { settings, parameters, tensors } = await baselines.get(baseline).learn({
    ...{ ...backbone, backbone, classes, seed, augment, runtime, progress: contextOf(context).progress },
    train: await withFeatures(run, backbone, train, "features of the training images", context),
    valid: await withFeatures(run, backbone, valid, "features of the validation images", context),
    theta: (await encodeHardPrompts(backbone, texts.tokens, runtime)).prompt,
    ...(context.signal && { signal: context.signal }),
  });
  const seconds = (performance.now() - started) / 1000;
  const { name, sha256 } = backbone;
  const record = { method: baseline, settings, parameters, seconds, classes: [...classes], backbone: { name, sha256 } };
  await mkdir(run.out, { recursive: true });
  await writeBaseline(file, { ...record, plugin, config: { ...run }, tensors });
  return { baseline, parameters, seconds };
}

/** Scores of a saved baseline on the split that `evaluate` would score with these options. Throws CHECKPOINT for another backbone. */
export async function scoreBaseline(
  run: TrainConfig,
  config: EvaluateConfig,
  context: RunContext,
): Promise<Omit<RunScores, "seed">> {
  const file = fileOf(run);
  const saved = await readBaseline(file);
  const backbone = await openBackboneIn(run, run.backbone, context);
  if (backbone.sha256 !== saved.backbone.sha256) {
    throw new MpaError("CHECKPOINT", "it was learned on another backbone", {
      where: file,
      fix: "choose another --out",
    });
  }
  const { signal, notice } = contextOf(context);
  const split = await loadLimited(config, config.split, notice);
  const bad = new BadImages({ name: split.name, size: split.samples.length }, config.allowBad, notice);
  const source = new ImageSource(split, { preprocess: backbone.preprocess, bad, signal, workers: config.dataWorkers });
  const { threads, provider } = config;
  const method = baselines.get(saved.method);
  const { classes } = split;
  const { image } = method;
  const features = await withFeatures(run, backbone, source, `features of the ${config.split} images`, context, {
    image: image && ((pixels) => image(saved, pixels, { ...backbone, classes })),
  });
  const probabilities = await classifyFeatures(method, saved, features, backbone, { threads, provider });
  const { labels } = labelledFeatures(features);
  const { accuracy, uar } = scoreClassification({ probabilities, labels, classes });
  const { isRight } = certainty(probabilities, labels, classes.length);
  return { accuracy, uar, hits: isRight.map(Number) };
}

/** The features of a split: those of `image`, or the frozen ones, from the table's cache where they are there. Throws INTERRUPTED. */
async function withFeatures(
  { featureCache, batchSize, threads, provider, out }: TrainConfig,
  backbone: Backbone,
  images: ImageSource,
  label: string,
  context: RunContext,
  { image }: Pick<FeatureOptions, "image"> = {},
): Promise<FeatureSplit> {
  const { progress, signal } = contextOf(context);
  const options = { batchSize, threads, provider, progress, label };
  const all = images.split.samples.map((_, i) => i);
  const features = image
    ? await frozenFeatures(backbone, images, all, { ...options, image })
    : await cachedFeatures(featureCache ?? join(out, "features"), backbone, images, options);
  throwIfStopped(signal, "stopped before all features were computed");
  return { images, features };
}
