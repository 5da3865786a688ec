/** Lets other processes compute parts of a training's steps (`train --redis`). */

import { randomUUID } from "node:crypto";
import type { Backbone } from "../../clip/backbone.ts";
import { epochVisits, type SampleVisit } from "../../data/batches.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { batches } from "../../data/order.ts";
import type { Feeds, Session } from "../../graph/runtime/session.ts";
import { augmentationOf, orderOf, targets } from "../../method/batches.ts";
import type { Steps } from "../../method/fit.ts";
import type { TrainingSetup } from "../../method/setup.ts";
import {
  finishStep,
  imageFeeds,
  type MicroBatchSessions,
  microBatchFeeds,
  runTexts,
  type StepOptions,
} from "../../method/step.ts";
import type { TrainingSession } from "../../method/trainingSession.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { machine, versions } from "../../platform/package.node.ts";
import type { TrainConfig } from "../options.ts";
import { Exchange, type RunMicroBatch } from "./exchange.ts";
import type { PartAnswer } from "./messages.ts";
import { encodeOffer, graphHash } from "./offer.ts";
import { connectRedis, openQueue, withTimeout } from "./queue.ts";

/* Computes parts of a training's steps, for its own process or for another one. */

export interface StepWorkerParts {
  readonly source: ImageSource;
  /** runs the graph of images (`trainingGraph.ts`) */
  readonly images: Session;
  readonly options: StepOptions;
}

/** An unreadable image makes the batch smaller, so it is told of instead of any results. */
export function stepWorker(
  { source, images, options }: StepWorkerParts,
  config: Pick<TrainConfig, "augment" | "seed">,
): RunMicroBatch {
  return async ({ step, part, epoch, size, draws }, feeds) => {
    const started = performance.now();
    const read = await source.read(draws, augmentationOf(config, epoch));
    const { indices, pixels, bad } = read;
    const batch = { size: indices.length, images: pixels, target: targets(source.split, indices), labels: read.labels };
    const results = bad.length > 0 ? {} : await images.run({ ...feeds, ...microBatchFeeds(batch, size, options) });
    return { step, part, took: performance.now() - started, bad: [...bad], results };
  };
}

/* Steps of a training whose parts are computed by whoever helps, with the bits of one process that computes them in turn. */

export interface SharedBatch {
  readonly epoch: number;
  readonly draws: readonly SampleVisit[];
}

export interface SharedParts {
  readonly exchange: Exchange;
  readonly sessions: MicroBatchSessions;
  readonly source: ImageSource;
  readonly options: StepOptions;
  readonly own: RunMicroBatch;
}

export function sharedSteps(shared: SharedParts, config: TrainConfig): Steps<SharedBatch> {
  const { sessions, source, options } = shared;
  return {
    batches: (epoch, from) =>
      batches(epochVisits(orderOf(source, config, epoch)), config.batchSize)
        .slice(from)
        .map((draws) => ({ epoch, draws })),
    step: async (prompts, batch) => {
      const texts = await runTexts(sessions, prompts);
      const answers = await answersOf(shared, batch, imageFeeds(texts, prompts));
      if (answers === undefined) return undefined;
      const { size, parts } = answers;
      return finishStep(
        sessions,
        prompts,
        { texts, parts: parts.map(({ results }) => results), images: size },
        options.losses,
      );
    },
  };
}

/** All parts of the readable images; `undefined` where there are none. Found to be unreadable, an image is left out from then on. */
async function answersOf(
  { exchange, source, options, own }: SharedParts,
  { epoch, draws }: SharedBatch,
  feeds: Feeds,
): Promise<{ readonly size: number; readonly parts: readonly PartAnswer[] } | undefined> {
  const { samples } = source.split;
  for (;;) {
    const unreadable = new Set(source.bad.files);
    const readable = draws.filter(({ index }) => !unreadable.has(samples[index].file));
    if (readable.length === 0) return undefined;
    const parts = batches(readable, options.microBatch);
    const answers = await exchange.share({ epoch, size: readable.length, parts, feeds }, own);
    const bad = answers.flatMap((answer) => answer.bad);
    if (bad.length === 0) return { size: readable.length, parts: answers };
    for (const image of bad) source.bad.add(image);
  }
}

/** The name of the jobs that ask for help, and what they hold. */
export const stepWorkerJob = "help";

/** Milliseconds that a Redis which is gone may hold up the end of a training. */
const maxPatience = 2000;

export interface Sharing {
  readonly steps: Steps<SharedBatch>;
  /** parts that others computed, and parts that had to be given away again */
  counts(): { readonly helped: number; readonly repeated: number };
  dispose(): Promise<void>;
}

export interface SharingParts {
  readonly config: TrainConfig;
  readonly backbone: Backbone;
  readonly train: ImageSource;
  readonly setup: TrainingSetup;
  readonly training: TrainingSession;
  readonly batchSize: number;
}

/** `undefined` where there is nothing to share, which a notice says. Throws NETWORK, RUNTIME. */
export async function openSharing(
  url: string,
  { config, backbone, train, setup, training, batchSize }: SharingParts,
  context: RunContext,
): Promise<Sharing | undefined> {
  const { notice } = contextOf(context);
  const { sessions, stepOptions } = training;
  const { microBatch } = stepOptions;
  if (setup.spec.source === "features" || "whole" in sessions) {
    const why = setup.spec.source === "features" ? "its steps are tiny" : `a batch is one part of ${microBatch} images`;
    notice(`the training is not shared: ${why}${"whole" in sessions ? "; --micro-batch makes parts smaller" : ""}`);
    return undefined;
  }
  const id = randomUUID();
  const { soft: _, hard: __, ...spec } = setup.spec;
  const graph = graphHash(backbone.clip, microBatch, spec);
  const identity = { backbone: backbone.sha256, index: hashIndex(train.split), graph };
  const offer = encodeOffer({
    ...{ versions: versions(), processor: machine().processor, ...identity, microBatch, config, spec },
  });
  const queue = await openQueue(url);
  const helpers = config.helpers ?? Math.ceil(batchSize / microBatch) - 1;
  const jobs = Array.from({ length: helpers }, (_, i) => ({
    name: stepWorkerJob,
    id: `${id}-${i}`,
    data: { training: id },
  }));
  const exchange = new Exchange(await connectRedis(url), id, offer);
  await exchange.open();
  await queue.add(jobs);
  const own = stepWorker({ source: train, images: sessions.images, options: stepOptions }, config);
  return {
    steps: sharedSteps({ exchange, sessions, source: train, options: stepOptions, own }, config),
    counts: () => ({ helped: exchange.helped, repeated: exchange.repeated }),
    dispose: async () => {
      await exchange.close();
      // The training is done, whether or not Redis can be told.
      await withTimeout(maxPatience, queue.withdraw(jobs.map((job) => job.id)));
      await queue.close();
    },
  };
}
