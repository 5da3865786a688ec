/** Setup of a training run: its inputs, its initial or resumed state, and the sessions that compute its steps. */
import { type BackboneContext, openBackboneIn } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import type { Images } from "../../data/batches.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { type Split, selectionSplit } from "../../data/sample.ts";
import { openTrainingImages } from "../../data/trainingImages.node.ts";
import { adapterOf } from "../../graph/runtime/adapter.node.ts";
import { isProcessor } from "../../graph/target.ts";
import { locateCheckpoint, readResume, startingPrompts } from "../../method/checkpoint.node.ts";
import { cachedFeatures } from "../../method/featureCache.node.ts";
import { type FitState, initialState } from "../../method/fit.ts";
import { lossScaleOf } from "../../method/lossScale.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { type Optimiser, type SgdState, sgd } from "../../method/optimiser.ts";
import { truncationWarnings } from "../../method/prompts.ts";
import type { FeatureOptions, FrozenFeatures } from "../../method/prototypes.ts";
import { prepareTraining, type TrainingSetup } from "../../method/setup.ts";
import { openTrainingSession, type TrainingSession } from "../../method/trainingSession.ts";
import { openValidator, type Validator } from "../../method/validator.ts";
import { contextOf, eachOnce, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { versions } from "../../platform/package.node.ts";
import type { TrainConfig } from "../options.ts";
import { RunFolder } from "../runFolder.ts";
import { openSharing, type Sharing } from "../shared/training.ts";
import { type FingerprintParts, fingerprint, recordedFingerprint, textsHash } from "./fingerprint.ts";
import { checkReplay, otherRun, type ReplayedRun, type RunIdentity, readReplayed, replayWarnings } from "./replay.ts";

/** A run that is ready to train. */
export interface OpenRun {
  readonly inputs: RunInputs;
  readonly state: RunState;
  readonly sessions: RunSessions;
  dispose(): Promise<void>;
}

/** Training inputs and length of a run. */
export interface RunInputs {
  readonly config: TrainConfig;
  readonly backbone: Backbone;
  readonly train: ImageSource;
  /** images used for model selection; the test split under the paper's protocol */
  readonly valid: ImageSource;
  readonly setup: TrainingSetup;
  /** images per epoch */
  readonly images: number;
  /** total number of steps */
  readonly steps: number;
}

/** State of a run at the start of training, and its folder. */
export interface RunState {
  readonly folder: RunFolder;
  readonly optimiser: Optimiser<SgdState>;
  readonly begin: FitState<SgdState>;
  readonly isNew: boolean;
  /** hash of everything that the remaining steps depend on */
  readonly fingerprint: string;
  /** images per micro-batch, fixed by the run that this one resumes or replays */
  readonly microBatch?: number;
  /** the run that this one replays */
  readonly replayed?: ReplayedRun;
}

/** Sessions that compute a run. */
export interface RunSessions {
  readonly training: TrainingSession;
  readonly validator: Validator;
  /** name of the graphics adapter, as far as it can be found out; absent on the processor */
  readonly adapter?: string;
  /** present if other processes compute micro-batches */
  readonly sharing?: Sharing;
}

/** Opens a run and locks its folder until it is disposed of. Throws the errors of opening its inputs, folder and sessions. */
export async function openRun(config: TrainConfig, context: BackboneContext): Promise<OpenRun> {
  const data = await openData(config, context);
  const folder = await RunFolder.open(config.out, config.resume);
  try {
    const inputs = await openInputs(config, data, context);
    const state = await openState(inputs, folder, context);
    const sessions = await openSessions(inputs, state, context);
    const { training, validator, sharing } = sessions;
    const dispose = async () => {
      await sharing?.dispose();
      await training.dispose();
      await validator.dispose();
      await folder.close();
    };
    return { inputs, state, sessions, dispose };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

type RunData = Pick<RunInputs, "backbone" | "train" | "valid">;

async function openData(config: TrainConfig, context: BackboneContext): Promise<RunData> {
  const backbone = await openBackboneIn(config, config.backbone, context);
  const selection = selectionSplit(config.paperProtocol);
  // Both splits may come from the same files, so repeated notices are dropped.
  const own = { ...context, notice: eachOnce(contextOf(context).notice) };
  const train = await openTrainingImages(config, backbone, "train", config.limit, own);
  const valid = await openTrainingImages(config, backbone, selection, config.validLimit, own);
  checkSameClasses(train.split, valid.split);
  return { backbone, train, valid };
}

async function openInputs(config: TrainConfig, data: RunData, context: RunContext): Promise<RunInputs> {
  const { threads, provider, featureCache } = config;
  const { progress, notice } = contextOf(context);
  const descriptions = await readDescriptions(config.descriptions);
  const setup = await prepareTraining(config, {
    ...{ ...data, descriptions, runtime: { threads, provider }, progress },
    ...(featureCache !== undefined && { featureCache: featureCacheReader(featureCache, data) }),
  });
  for (const warning of truncationWarnings(setup.soft, setup.hard)) notice(warning);
  const images = setup.features?.train.size ?? data.train.split.samples.length;
  const steps = Math.min(config.epochs * Math.ceil(images / config.batchSize), config.maxSteps ?? Infinity);
  return { config, ...data, setup, images, steps };
}

const featureCacheReader =
  (folder: string, { backbone, train, valid }: RunData) =>
  (images: Images, options: FeatureOptions): Promise<FrozenFeatures> =>
    cachedFeatures(folder, backbone, images === train ? train : valid, options);

async function openState(inputs: RunInputs, folder: RunFolder, context: RunContext): Promise<RunState> {
  const { config, backbone, train, valid, setup } = inputs;
  const replayed = config.replay === undefined ? undefined : await openReplayed(config.replay, inputs, context);
  const init = config.init && (await locateCheckpoint(config.init, context));
  const prompts = await startingPrompts(setup.spec.shapes, config.seed, init);
  const texts = [...setup.soft.texts, ...(setup.hard?.texts ?? [])];
  const indices = [train.split, valid.split].map(hashIndex);
  const parts: FingerprintParts = { backbone: backbone.sha256, indices, texts };
  const ownFingerprint = fingerprint(config, parts);
  const requireOwn = async (found: string) => {
    if (found === ownFingerprint || found === (await recordedFingerprint(folder.file("manifest"), config, parts)))
      return;
    throw await otherRun(folder, identityOf(inputs), prompts);
  };
  const resumed = config.resume ? await readResume(folder.file("resume"), prompts, requireOwn) : undefined;
  await folder.loadRecords(resumed?.state ?? { step: 0, epoch: 0 });
  const optimiser = sgd(config);
  return {
    ...{ folder, optimiser, replayed },
    begin: resumed?.state ?? initialState(prompts, optimiser, lossScaleOf(backbone.clip)),
    isNew: resumed === undefined,
    fingerprint: ownFingerprint,
    microBatch: resumed?.microBatch ?? replayed?.microBatch,
  };
}

/** Reads the run to replay. Throws CHECKPOINT if this run would differ; gives notice of conditions that may change its bits. */
async function openReplayed(path: string, inputs: RunInputs, context: RunContext): Promise<ReplayedRun> {
  const { notice } = contextOf(context);
  const replayed = await readReplayed(path);
  checkReplay(replayed, identityOf(inputs), path);
  for (const line of replayWarnings(replayed, { versions: versions(), threads: inputs.config.threads })) notice(line);
  return replayed;
}

const identityOf = ({ config, backbone, train, valid, setup }: RunInputs): RunIdentity => ({
  ...{ config, backbone: backbone.sha256, texts: textsHash(setup) },
  data: { train: hashIndex(train.split), [valid.split.name]: hashIndex(valid.split) },
});

async function openSessions(inputs: RunInputs, state: RunState, context: RunContext): Promise<RunSessions> {
  const { config, backbone, train, valid, setup, images } = inputs;
  const { threads, provider, memory, redis } = config;
  const { progress } = contextOf(context);
  const batchSize = Math.min(config.batchSize, images);
  const training = await openTrainingSession(backbone, setup.spec, {
    ...{ threads, provider, memory, batchSize },
    // In a distributed training, each process computes one micro-batch at a time.
    ...(redis !== undefined && { poolSize: 1 }),
    microBatch: state.microBatch ?? config.microBatch,
    countsNodes: !isProcessor(provider),
  });
  const shared = { config, backbone, train, setup, training, batchSize };
  const sharing = redis === undefined ? undefined : await openSharing(redis, shared, context);
  const initial = state.begin.prompts;
  const runtime = { threads, provider };
  const validator = await openValidator({ backbone, setup, initial, valid, batchSize, runtime, progress });
  return { training, sharing, validator, adapter: await adapterOf(provider) };
}

function checkSameClasses(train: Split, valid: Split): void {
  if (JSON.stringify(train.classes) === JSON.stringify(valid.classes)) return;
  const what = `the classes of train (${train.classes.join(", ")}) and ${valid.name} (${valid.classes.join(", ")}) differ`;
  throw new MpaError("DATASET", what, { where: train.root, fix: "give both splits the same class folders" });
}
