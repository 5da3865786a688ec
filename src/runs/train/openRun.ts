/** Opens everything a training run works with: data, backbone, texts, sessions, and the state it starts or goes on from. */

import { openBackboneIn } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import type { Images } from "../../data/batches.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import { type ImageSource, openTrainingImages } from "../../data/images.node.ts";
import { type Split, selectionSplit } from "../../data/sample.ts";
import { locateCheckpoint, readResume, startingPrompts } from "../../method/checkpoint.node.ts";
import { cachedFeatures } from "../../method/featureCache.node.ts";
import { type FitState, initialState } from "../../method/fit.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { type Optimiser, type SgdState, sgd } from "../../method/optimiser.ts";
import { truncationWarnings } from "../../method/prompts.ts";
import type { FeatureOptions, FrozenFeatures } from "../../method/prototypes.ts";
import { prepareTraining, type TrainingSetup } from "../../method/setup.ts";
import { openTrainingSession, type TrainingSession } from "../../method/trainingSession.ts";
import { openValidator, type Validator } from "../../method/validator.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { versions } from "../../platform/package.node.ts";
import type { TrainConfig } from "../options.ts";
import { RunFolder } from "../runFolder.ts";
import { openSharing, type Sharing } from "../shared/training.ts";
import {
  checkReplay,
  type FingerprintParts,
  fingerprint,
  type ReplayedRun,
  readReplayed,
  recordedFingerprint,
  replayWarnings,
  textsHash,
} from "./replay.ts";

export interface OpenRun {
  readonly config: TrainConfig;
  readonly backbone: Backbone;
  readonly folder: RunFolder;
  readonly train: ImageSource;
  /** the images that the best epoch is chosen on: the test split under the paper's protocol */
  readonly valid: ImageSource;
  readonly setup: TrainingSetup;
  readonly training: TrainingSession;
  /** where other processes compute parts of the steps */
  readonly sharing?: Sharing;
  readonly validator: Validator;
  readonly optimiser: Optimiser<SgdState>;
  readonly begin: FitState;
  readonly isNew: boolean;
  /** the run that this one repeats */
  readonly replayed?: ReplayedRun;
  /** names what the remaining steps depend on */
  readonly fingerprint: string;
  /** images an epoch */
  readonly size: number;
  /** steps in all */
  readonly steps: number;
  dispose(): Promise<void>;
}

export async function openRun(config: TrainConfig, context: RunContext): Promise<OpenRun> {
  const backbone = await openBackboneIn(config.precision, config.backbone, context);
  const train = await openTrainingImages(config, backbone, "train", config.limit, context);
  const valid = await openTrainingImages(
    config,
    backbone,
    selectionSplit(config.paperProtocol),
    config.validLimit,
    context,
  );
  checkSameClasses(train.split, valid.split);
  const folder = await RunFolder.open(config.out, config.resume);
  try {
    return await openIn(folder, { config, backbone, train, valid }, context);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openIn(
  folder: RunFolder,
  { config, backbone, train, valid }: Pick<OpenRun, "config" | "backbone" | "train" | "valid">,
  context: RunContext,
): Promise<OpenRun> {
  const { progress, notice } = contextOf(context);
  const runtime = { threads: config.threads, provider: config.provider };
  const descriptions = await readDescriptions(config.descriptions);
  const setup = await prepareTraining(config, {
    ...{ backbone, train, valid, descriptions, runtime, progress },
    ...(config.featureCache !== undefined && {
      kept: featureCacheReader(config.featureCache, backbone, { train, valid }),
    }),
  });
  for (const warning of truncationWarnings(setup.soft, setup.hard)) notice(warning);
  const replayed = config.replay === undefined ? undefined : await readReplayed(config.replay);
  if (replayed !== undefined) {
    const data = { train: hashIndex(train.split), [valid.split.name]: hashIndex(valid.split) };
    const identity = { config, backbone: backbone.sha256, data, texts: textsHash(setup) };
    checkReplay(replayed, identity, config.replay ?? "");
    for (const line of replayWarnings(replayed, { versions: versions(), threads: config.threads })) notice(line);
  }
  const init = config.init && (await locateCheckpoint(config.init, context));
  const prompts = await startingPrompts(setup.spec.shapes, config.seed, init);
  const texts = [...setup.soft.texts, ...(setup.hard?.texts ?? [])];
  const indices = [train.split, valid.split].map(hashIndex);
  const parts: FingerprintParts = { backbone: backbone.sha256, indices, texts };
  const print = fingerprint(config, parts);
  const isOwn = async (found: string) =>
    found === print || found === (await recordedFingerprint(folder.file("manifest"), config, parts));
  const optimiser = sgd(config);
  const resumed = config.resume ? await readResume(folder.file("resume"), prompts, isOwn) : undefined;
  await folder.keepRecords(resumed?.state ?? { step: 0, epoch: 0 });
  const size = setup.features?.train.size ?? train.split.samples.length;
  const batchSize = Math.min(config.batchSize, size);
  const training = await openTrainingSession(backbone, setup.spec, {
    ...config,
    batchSize,
    // Whoever shares a training computes one part at a time.
    ...(config.redis !== undefined && { poolSize: 1 }),
    microBatch: resumed?.microBatch ?? replayed?.microBatch ?? config.microBatch,
  });
  const shared = { config, backbone, train, setup, training, batchSize };
  const sharing = config.redis === undefined ? undefined : await openSharing(config.redis, shared, context);
  const validator = await openValidator({
    backbone,
    setup,
    initial: prompts,
    valid,
    batchSize,
    runtime,
    progress,
  });
  return {
    config,
    backbone,
    folder,
    train,
    valid,
    setup,
    training,
    sharing,
    validator,
    optimiser,
    begin: resumed?.state ?? initialState(prompts, optimiser),
    isNew: resumed === undefined,
    replayed,
    fingerprint: print,
    size,
    steps: Math.min(config.epochs * Math.ceil(size / config.batchSize), config.maxSteps ?? Number.POSITIVE_INFINITY),
    dispose: async () => {
      await sharing?.dispose();
      await training.dispose();
      await validator.dispose();
      await folder.close();
    },
  };
}

const featureCacheReader =
  (folder: string, backbone: Backbone, { train, valid }: Readonly<Record<"train" | "valid", ImageSource>>) =>
  (images: Images, options: FeatureOptions): Promise<FrozenFeatures> =>
    cachedFeatures(folder, backbone, images === train ? train : valid, options);

function checkSameClasses(train: Split, valid: Split): void {
  if (JSON.stringify(train.classes) === JSON.stringify(valid.classes)) return;
  const what = `the classes of train (${train.classes.join(", ")}) and ${valid.name} (${valid.classes.join(", ")}) differ`;
  throw new MpaError("DATASET", what, { where: train.root, fix: "give both splits the same class folders" });
}
