/** `evaluate`: scores a checkpoint, or zero-shot hard prompts, on one split. */
import { hashIndex, loadSplit } from "../../data/datasets.node.ts";
import { BadImages, ImageSource } from "../../data/images.node.ts";
import { type MetadataColumn, readMetadata } from "../../data/metadata.node.ts";
import { epochOrder, limitPerClass } from "../../data/order.ts";
import { type PartConfig, partOf } from "../../data/part.node.ts";
import { type Split, type SplitName, selectionLabel } from "../../data/sample.ts";
import { fitNotice, fitTemperature, type TemperatureFit, withTemperature } from "../../evaluation/calibration.ts";
import { type Certainty, certainty } from "../../evaluation/certainty.ts";
import { type ClassMap, mapClasses, mapProbabilities } from "../../evaluation/classMap.ts";
import { type Slice, sliceBy } from "../../evaluation/slices.ts";
import { checkClasses } from "../../method/checkpoint.ts";
import type { Classifier } from "../../method/classifier.ts";
import { openModel, readDescriptions } from "../../method/model.node.ts";
import type { Model } from "../../method/model.ts";
import { withClasses } from "../../method/newClasses.ts";
import { type Scores, scoreSplit } from "../../method/scoring.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { countByName } from "../../platform/counts.ts";
import { MpaError } from "../../platform/errors.ts";
import { recordTestEvaluation } from "../runReport.ts";
import { type Evaluation, type Figures, figuresOf } from "./figures.ts";
import type { EvaluateConfig } from "./options.ts";

/** Predicted class of an image: the most probable one, with ties resolved to the lower index. */
export interface Answer {
  readonly label: number;
  readonly probability: number;
}

/** Evaluation of a split, with the predictions behind it. */
export interface EvaluationResult {
  readonly evaluation: Evaluation;
  /** prediction for each readable image, in the order of `scores` */
  readonly answers: readonly Answer[];
  /** @internal */
  readonly split: Split;
  /** @internal */
  readonly scores: Scores;
}

/** Scores one split. Throws the errors of opening the data set, backbone and checkpoint, and INTERRUPTED. */
export async function evaluate(config: EvaluateConfig, context: RunContext = {}): Promise<EvaluationResult> {
  const started = performance.now();
  const { notice } = contextOf(context);
  const whole = await loadLimited(config, config.split, notice);
  const trained = await openModel(config, context, whole.classes);
  const model = config.newClasses
    ? await withClasses(trained, whole.classes, await readDescriptions(config.descriptions), config)
    : trained;
  const map = config.map ? mapClasses(model.classes, whole.classes) : undefined;
  if (model.checkpoint && !map) checkClasses(model.checkpoint, whole.classes, config.checkpoint ?? "");
  const split = map ? mapSplit(whole, map) : whole;
  const unmapped = map && unmappedOf(whole, map);
  if (map && map.read.length > 0) notice(`classes are read as ${map.read.join(", ")}`);
  const { classes, name, samples } = split;
  const files = samples.map(({ file }) => file);
  const metadata = config.slices && (await readMetadata(config.slices, files, config.sliceBy));
  const calibration = config.calibrate ? await calibrationOf(config, model, map, context) : undefined;
  const { unreadable, scores: raw } = await score(config, model, split, map, context);
  const probabilities =
    calibration === undefined || calibration.temperature === 1
      ? raw.probabilities
      : withTemperature(raw.probabilities, classes.length, calibration.temperature);
  const scores: Scores = { ...raw, probabilities };
  const labels = scores.indices.map((i) => samples[i].label);
  const found = certainty(probabilities, labels, classes.length);
  const figures = figuresOf(split, scores, found, config.abstain);
  const evaluation: Evaluation = {
    ...figures,
    ...{ classes, split: name, provider: config.provider, seconds: (performance.now() - started) / 1000, unreadable },
    ...(calibration && { temperature: calibration.temperature, calibration }),
    ...(unmapped && { unmapped: whole.samples.length - samples.length, unmappedClasses: unmapped }),
    ...(map && { absentClasses: map.absent }),
    ...(whole.leftOutBy && { leftOut: whole.leftOutBy }),
    ...(whole.passedOver && { passedOver: whole.passedOver }),
    ...(metadata && { slices: slicesOf(metadata, scores, found, config.sliceLeast) }),
    ...(await testPart(config, model, split, figures, context)),
  };
  const answers = found.predicted.map((label, row) => ({ label, probability: found.confidence[row] }));
  return { evaluation, answers, split, scores };
}

const slicesOf = (
  metadata: readonly MetadataColumn[],
  { indices }: Scores,
  { isRight }: Certainty,
  min: number,
): Slice[] =>
  metadata.map(({ name, values }) => {
    return sliceBy(
      name,
      indices.map((i) => values[i]),
      isRight,
      { min },
    );
  });

/** Records a test-split evaluation in the checkpoint's run and reports its warnings; empty for other splits. */
async function testPart(
  { split: name, checkpoint: path, dataset, data }: EvaluateConfig,
  { checkpoint }: Model,
  split: Split,
  { accuracy, uar, n }: Figures,
  context: RunContext,
): Promise<Pick<Evaluation, "testSplit" | "protocol">> {
  const { notice } = contextOf(context);
  if (name !== "test" || checkpoint === undefined || path === undefined) return {};
  const testSplit = await recordTestEvaluation(path, {
    ...{ dataset, data, index: hashIndex(split) },
    ...{ images: n, accuracy, uar },
  });
  const protocol = selectionLabel(checkpoint.selection ?? "valid");
  for (const warning of [...testSplit.warnings, ...(protocol ? [protocol] : [])]) notice(warning);
  return { testSplit, ...(protocol && { protocol }) };
}

/** Temperature fitted on the validation split. Throws USAGE if that is also the scored split. */
async function calibrationOf(
  config: EvaluateConfig,
  model: Model,
  map: ClassMap | undefined,
  context: RunContext,
): Promise<TemperatureFit> {
  if (config.split === "valid") {
    const what = "the temperature is fitted on the validation split, which cannot be scored with it";
    throw new MpaError("USAGE", what, { fix: "name another --split, or leave --calibrate out" });
  }
  const whole = await loadLimited(config, "valid", contextOf(context).notice);
  const valid = map ? mapSplit(whole, map) : whole;
  const { scores } = await score(config, model, valid, map, context);
  const labels = scores.indices.map((i) => valid.samples[i].label);
  const fit = fitTemperature(scores.probabilities, labels, valid.classes.length);
  const why = fitNotice(fit);
  if (why !== undefined) contextOf(context).notice(why);
  return fit;
}

async function score(
  config: EvaluateConfig,
  model: Model,
  split: Split,
  map: ClassMap | undefined,
  context: RunContext,
): Promise<{ readonly scores: Scores; readonly unreadable: readonly string[] }> {
  const { progress, signal, notice } = contextOf(context);
  const bad = new BadImages({ name: split.name, size: split.samples.length }, config.allowBad, notice);
  const source = new ImageSource(split, {
    ...{ preprocess: model.preprocess, bad, signal, workers: config.dataWorkers },
  });
  const whole = await model.open(Math.min(config.batchSize, split.samples.length));
  const classifier = map ? mapped(whole, model.classes.length, map) : whole;
  try {
    const scores = await scoreSplit(classifier, source, { progress, label: `scoring ${split.name}` });
    if (!scores.complete) throw new MpaError("INTERRUPTED", "stopped before the whole split was scored");
    return { scores, unreadable: bad.files };
  } finally {
    await classifier.dispose();
  }
}

/** Classifier restricted to the classes that model and data set share. */
const mapped = (classifier: Classifier, classes: number, map: ClassMap): Classifier => ({
  ...classifier,
  classify: async (images, n, prompts) => mapProbabilities(await classifier.classify(images, n, prompts), classes, map),
});

/** Images by class of those that the model does not know. */
function unmappedOf({ classes, samples }: Split, { labelTo }: ClassMap): Readonly<Record<string, number>> {
  const unknown = samples.filter(({ label }) => labelTo[label] === undefined);
  return countByName(unknown.map(({ label }) => ({ name: classes[label] })));
}

/** The images of the common classes. */
function mapSplit(split: Split, { classes, labelTo }: ClassMap): Split {
  const samples = split.samples.flatMap(({ target: _, ...sample }) => {
    const label = labelTo[sample.label];
    return label === undefined ? [] : [{ ...sample, label }];
  });
  return { ...split, classes, samples };
}

/** Loads a split, cut to `limit` images per class. Throws the errors of opening it. */
export async function loadLimited(
  config: LimitedSplit,
  name: SplitName,
  notice: (line: string) => void,
): Promise<Split> {
  const { dataset, data, labelRule } = config;
  return limited(await loadSplit(dataset, data, name, { labelRule, part: partOf(config), notice }), config);
}

/** Options that determine the scored images. */
type LimitedSplit = Pick<EvaluateConfig, "dataset" | "data" | "labelRule" | "limit" | "seed"> & PartConfig;

function limited(split: Split, { limit, seed }: LimitedSplit): Split {
  if (limit === undefined) return split;
  const order = epochOrder({ size: split.samples.length, seed, epoch: 0, shuffle: true });
  return { ...split, samples: limitPerClass(split.samples, limit, order) };
}
