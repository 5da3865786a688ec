/** Setup of a training run: its inputs, its initial or resumed state, and the sessions that compute its steps. */
import type { BackboneContext } from "../../clip/backbone.node.ts";
import type { Images } from "../../data/batches.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import { adapterOf } from "../../graph/runtime/adapter.node.ts";
import { isProcessor } from "../../graph/target.ts";
import { locateCheckpoint, readResume, startingPrompts } from "../../method/checkpoint.node.ts";
import { cachedFeatures } from "../../method/featureCache.node.ts";
import { type FitState, initialState } from "../../method/fit.ts";
import { optimiserOf } from "../../method/learning.ts";
import { lossScaleOf } from "../../method/lossScale.ts";
import { readDescriptions } from "../../method/model.node.ts";
import type { Optimiser, OptimiserState } from "../../method/optimiser.ts";
import { truncationWarnings } from "../../method/prompts.ts";
import type { FeatureOptions, FrozenFeatures } from "../../method/prototypes.ts";
import { prepareTraining, type TrainingSetup } from "../../method/setup.ts";
import { openTrainingSession, type TrainingSession } from "../../method/trainingSession.ts";
import { openValidator, type Validator } from "../../method/validator.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { versions } from "../../platform/package.node.ts";
import type { TrainConfig } from "../options.ts";
import { RunFolder } from "../runFolder.ts";
import { openSharing, type Sharing } from "../shared/training.ts";
import { type EstimateListener, estimateBeforeRun } from "./estimate.ts";
import { type FingerprintParts, fingerprint, recordedFingerprint, textsHash } from "./fingerprint.ts";
import { checkReplay, otherRun, type ReplayedRun, type RunIdentity, readReplayed, replayWarnings } from "./replay.ts";
import { openData, type RunData } from "./trainingData.ts";

/** A run that is ready to train. */
export interface OpenRun {
  readonly inputs: RunInputs;
  readonly state: RunState;
  readonly sessions: RunSessions;
  dispose(): Promise<void>;
}

/** Training inputs and length of a run. */
export interface RunInputs extends RunData {
  readonly config: TrainConfig;
  readonly setup: TrainingSetup;
  /** images per epoch */
  readonly images: number;
  /** total number of steps, unless the run ends early */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** State of a run at the start of training, and its folder. */
export interface RunState {
  readonly folder: RunFolder;
  readonly optimiser: Optimiser<OptimiserState>;
  readonly begin: FitState<OptimiserState>;
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

/**
 * Opens a run and locks its folder until it is disposed of. `onEstimate` receives what the run will take before anything is computed for
 * it. Throws the errors of opening its inputs, folder and sessions.
 */
export async function openRun(
  config: TrainConfig,
  context: BackboneContext,
  onEstimate?: EstimateListener,
): Promise<OpenRun> {
  const data = await openData(config, context);
  const folder = await RunFolder.open(config.out, config.resume);
  try {
    if (onEstimate !== undefined) await onEstimate(await estimateBeforeRun(config, data, context));
    const inputs = await openInputs(config, data, context);
    if (config.optimiser === "adamw" && config.lr >= largeForAdam) {
      contextOf(context).notice(`--lr ${config.lr} is large for AdamW; 1e-3 is usual, and lr-range suggests one`);
    }
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

/** Learning rate from which the prompts, which start with a deviation of 0.02, change beyond recognition in a step of AdamW. */
const largeForAdam = 0.01;

async function openInputs(config: TrainConfig, data: RunData, context: RunContext): Promise<RunInputs> {
  const { setup, images } = await openSetup(config, data, context);
  const stepsPerEpoch = Math.ceil(images / config.batchSize);
  const steps = Math.min(config.epochs * stepsPerEpoch, config.maxSteps ?? Infinity);
  return { config, ...data, setup, images, steps, stepsPerEpoch };
}

/** Backbone and training images, and those that the prompts are validated on, if they are. */
export type SetupData = Pick<RunInputs, "backbone" | "train"> & Partial<Pick<RunInputs, "valid">>;

/** Prepares texts, prototypes and features of a training, and counts its images. */
export async function openSetup(
  config: TrainConfig,
  data: SetupData,
  context: RunContext,
): Promise<Pick<RunInputs, "setup" | "images">> {
  const { threads, provider, featureCache } = config;
  const { progress, notice } = contextOf(context);
  const descriptions = await readDescriptions(config.descriptions);
  const setup = await prepareTraining(config, {
    ...{ ...data, descriptions, runtime: { threads, provider }, progress },
    ...(featureCache !== undefined && { featureCache: featureCacheReader(featureCache, data) }),
  });
  for (const warning of truncationWarnings(setup.soft, setup.hard)) notice(warning);
  return { setup, images: setup.features?.train.size ?? data.train.split.samples.length };
}

const featureCacheReader =
  (folder: string, { backbone, train, valid = train }: SetupData) =>
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
  const optimiser = optimiserOf(config);
  const initial = initialState(prompts, optimiser, lossScaleOf(backbone.clip));
  const resumed = config.resume ? await readResume(folder.file("resume"), initial, requireOwn) : undefined;
  await folder.loadRecords(resumed?.state ?? { step: 0, epoch: 0 });
  return {
    ...{ folder, optimiser, replayed },
    begin: resumed?.state ?? initial,
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
