/** Distributed training (`train --redis`): step workers compute micro-batches, with bit-identical results. */

import { randomUUID } from "node:crypto";
import type { Backbone } from "../../clip/backbone.ts";
import { epochVisits } from "../../data/batches.ts";
import { hashIndex } from "../../data/datasets.node.ts";
import type { SampleVisit } from "../../data/imageBatch.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { batches } from "../../data/order.ts";
import type { Feeds } from "../../graph/runtime/session.ts";
import { type BatchOptions, orderOf, targets } from "../../method/batches.ts";
import { drawMix, type Mix, mixedTargets } from "../../method/mixup.ts";
import type { TrainingSetup } from "../../method/setup.ts";
import {
  batchFeeds,
  finishStep,
  imageFeeds,
  type MicroBatchSessions,
  runTexts,
  type StepOptions,
  type Steps,
} from "../../method/step.ts";
import type { TrainingSession } from "../../method/trainingSession.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { counted } from "../../platform/counts.ts";
import { machine, versions } from "../../platform/package.node.ts";
import type { TrainConfig } from "../options.ts";
import { Exchange, type MicroBatchVisits, type RunMicroBatch } from "./exchange.ts";
import type { StepAnswer } from "./messages.ts";
import { encodeOffer, graphHash } from "./offer.ts";
import { openQueue } from "./queue.ts";
import { connectRedis } from "./redis.ts";
import { runMicroBatch, stepWorkerJob } from "./stepWorker.ts";

/** Interval of the check for requests for step workers that Redis has lost, milliseconds. */
const checkInterval = 10_000;

/** A distributed training, on the side of its owner. */
export interface Sharing {
  readonly steps: Steps<SharedBatch>;
  /** Numbers of micro-batches that workers computed, and that were published again. */
  counts(): { readonly helped: number; readonly repeated: number };
  dispose(): Promise<void>;
}

/** A batch by its image indices; the process that computes a micro-batch reads its images. */
export interface SharedBatch {
  readonly epoch: number;
  /** number of the batch in its epoch */
  readonly batch: number;
  readonly visits: readonly SampleVisit[];
}

/** Dependencies of `openSharing`. */
export interface SharingParts {
  readonly config: TrainConfig;
  readonly backbone: Backbone;
  readonly train: ImageSource;
  readonly setup: TrainingSetup;
  readonly training: TrainingSession;
  readonly batchSize: number;
}

/**
 * Publishes a training and requests step workers. Returns `undefined`, with a notice, if there is nothing to share. Throws the errors of
 * `connectRedis`.
 */
export async function openSharing(
  url: string,
  { config, backbone, train, setup, training, batchSize }: SharingParts,
  context: RunContext,
): Promise<Sharing | undefined> {
  const { notice } = contextOf(context);
  const { sessions, stepOptions } = training;
  const { microBatch } = stepOptions;
  if (setup.spec.source === "features" || "whole" in sessions) {
    const why =
      setup.spec.source === "features"
        ? "its steps are tiny"
        : `a batch is one part of ${counted(microBatch, "image")}`;
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
  const queue = await openQueue(url, { notice });
  const workers = config.helpers ?? Math.ceil(batchSize / microBatch) - 1;
  const jobs = Array.from({ length: workers }, (_, i) => ({
    name: stepWorkerJob,
    id: `${id}-${i}`,
    data: { training: id },
  }));
  const exchange = await connectRedis(url).then((redis) => new Exchange(redis, id, offer));
  try {
    await exchange.open(url);
    await queue.add(jobs);
  } catch (error) {
    await exchange.close();
    await queue.close();
    throw error;
  }
  const check = setInterval(() => void queue.restore().catch(() => undefined), checkInterval);
  return {
    steps: sharedSteps({ exchange, sessions, source: train, options: stepOptions }, config),
    counts: () => ({ helped: exchange.helped, repeated: exchange.repeated }),
    dispose: async () => {
      clearInterval(check);
      // Closing tolerates an unreachable Redis.
      await exchange.close();
      await queue.withdraw(jobs.map((job) => job.id));
      await queue.close();
    },
  };
}

interface SharedParts {
  readonly exchange: Exchange;
  readonly sessions: MicroBatchSessions;
  readonly source: ImageSource;
  readonly options: StepOptions;
}

function sharedSteps(shared: SharedParts, config: BatchOptions): Steps<SharedBatch> {
  const { sessions, source, options } = shared;
  const own = runMicroBatch({ source, images: sessions.images, options }, config);
  const share = { ...shared, config };
  return {
    batches: (epoch, from) =>
      batches(epochVisits(orderOf(source, config, epoch)), config.batchSize)
        .map((visits, batch) => ({ epoch, batch, visits }))
        .slice(from),
    step: async (prompts, batch, lossScale = options.lossScale) => {
      const scaled = { ...options, lossScale };
      const texts = await runTexts(sessions, prompts);
      const answered = await shareBatch(share, batch, imageFeeds(texts, prompts, scaled), own);
      if (answered === undefined) return undefined;
      const microBatches = answered.answers.map(({ results }) => results);
      return finishStep(sessions, prompts, { texts, microBatches, images: answered.size }, scaled);
    },
  };
}

/** Answers of all micro-batches of a batch, or `undefined` if none of its images is readable. Retries without newly unreadable images. */
async function shareBatch(
  { exchange, source, options, config }: SharedParts & { readonly config: BatchOptions },
  { epoch, batch, visits }: SharedBatch,
  feeds: Feeds,
  own: RunMicroBatch,
): Promise<{ readonly size: number; readonly answers: readonly StepAnswer[] } | undefined> {
  const { samples } = source.split;
  for (;;) {
    const unreadable = new Set(source.bad.files);
    const readable = visits.filter(({ index }) => !unreadable.has(samples[index].file));
    const size = readable.length;
    if (size === 0) return undefined;
    const mix = drawMix(config.mixup, { seed: config.seed, epoch, batch }, size);
    const target = targets(
      source.split,
      readable.map(({ index }) => index),
    );
    const step = {
      ...{ epoch, size, microBatches: microBatchVisits(readable, options.microBatch, mix) },
      feeds: { ...feeds, ...batchFeeds(mixedTargets(target, mix), size, options.losses) },
    };
    const answers = await exchange.share(step, own);
    // A partner is also an image of another micro-batch.
    const bad = new Map(answers.flatMap((answer) => answer.bad.map((image) => [image.file, image])));
    if (bad.size === 0) return { size, answers };
    for (const image of bad.values()) source.bad.add(image);
  }
}

/** The images of each micro-batch, with their partners in the blend. */
const microBatchVisits = (
  visits: readonly SampleVisit[],
  microBatch: number,
  mix: Mix | undefined,
): readonly MicroBatchVisits[] =>
  batches([...visits.keys()], microBatch).map((places) => ({
    draws: places.map((i) => visits[i]),
    ...(mix && { mix: { share: mix.share, partners: places.map((i) => visits[mix.partners[i]]) } }),
  }));
