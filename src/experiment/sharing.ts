/** Lets other processes compute parts of a training's steps (`train --redis`). */
import { randomUUID } from "node:crypto";
import type { TrainConfig } from "../config.ts";
import { hashIndex } from "../data/indexHash.ts";
import type { Backbone } from "../model/backbone.ts";
import { machine, versions } from "../packageInfo.ts";
import { Exchange } from "../parallel/exchange.ts";
import { connectRedis } from "../redis/connection.ts";
import { openQueue } from "../redis/queue.ts";
import { within } from "../redis/within.ts";
import type { RunContext } from "../runContext.ts";
import type { Steps } from "../trainer/fit.ts";
import type { ImageSource } from "./imageSource.ts";
import { partRunner } from "./partRunner.ts";
import { type SharedBatch, sharedSteps } from "./sharedSteps.ts";
import { encodeOffer, graphHash } from "./trainingOffer.ts";
import type { TrainingSession } from "./trainingSession.ts";
import type { TrainingSetup } from "./trainingSetup.ts";

/** The name of the jobs that ask for help, and what they hold. */
export const helpJob = "help";

/** Milliseconds that a Redis which is gone may hold up the end of a training. */
const mostPatience = 2000;

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
  { notice = () => undefined }: RunContext,
): Promise<Sharing | undefined> {
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
  const jobs = Array.from({ length: helpers }, (_, i) => ({ name: helpJob, id: `${id}-${i}`, data: { training: id } }));
  const exchange = new Exchange(await connectRedis(url), id, offer);
  await exchange.open();
  await queue.add(jobs);
  const own = partRunner({ source: train, images: sessions.images, options: stepOptions }, config);
  return {
    steps: sharedSteps({ exchange, sessions, source: train, options: stepOptions, own }, config),
    counts: () => ({ helped: exchange.helped, repeated: exchange.repeated }),
    dispose: async () => {
      await exchange.close();
      // The training is done, whether or not Redis can be told.
      await within(mostPatience, queue.withdraw(jobs.map((job) => job.id)));
      await queue.close();
    },
  };
}
