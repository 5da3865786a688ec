/** Steps of a training whose parts are computed by whoever helps, with the bits of one process that computes them in turn. */
import type { TrainConfig } from "../config.ts";
import { batches } from "../data/selection.ts";
import type { Exchange, RunPart } from "../parallel/exchange.ts";
import type { PartAnswer } from "../parallel/messages.ts";
import { type Draw, epochDraws } from "../preprocess/batchLoader.ts";
import type { Feeds } from "../runtime/session.ts";
import type { Steps } from "../trainer/fit.ts";
import { finishStep, imageFeeds, type PartSessions, runTexts, type StepOptions } from "../trainer/step.ts";
import type { ImageSource } from "./imageSource.ts";
import { orderOf } from "./trainingBatches.ts";

export interface SharedBatch {
  readonly epoch: number;
  readonly draws: readonly Draw[];
}

export interface SharedParts {
  readonly exchange: Exchange;
  readonly sessions: PartSessions;
  readonly source: ImageSource;
  readonly options: StepOptions;
  readonly own: RunPart;
}

export function sharedSteps(shared: SharedParts, config: TrainConfig): Steps<SharedBatch> {
  const { sessions, source, options } = shared;
  return {
    batches: (epoch, from) =>
      batches(epochDraws(orderOf(source, config, epoch)), config.batchSize)
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
