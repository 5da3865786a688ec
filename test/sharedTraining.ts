/** Owner and workers of a distributed training over an in-memory server; each answer tells who computed it. */
import { vi } from "vitest";
import type { Feeds } from "../src/graph/runtime/session.ts";
import { Exchange, type RunMicroBatch, type SharedStep } from "../src/runs/shared/exchange.ts";
import type { StepAnswer, StepTask } from "../src/runs/shared/messages.ts";
import { connectRedis } from "../src/runs/shared/redis.ts";
import { runStepWorker } from "../src/runs/shared/stepWorker.ts";
import { trainingKeys } from "../src/runs/shared/trainingKeys.ts";
import type { RedisStandIn } from "./redisStandIn.ts";

export const training = "t";
export const keys = trainingKeys(training);
export const offer = Uint8Array.of(0, 255, 10, 13, 7);
/** Values that text would not keep. */
export const feeds: Feeds = { theta: Float32Array.of(0.1, -0, Number.NaN, 1e-45, Number.NEGATIVE_INFINITY) };

/** A step of so many micro-batches, of two images each. */
export const stepOf = (microBatches: number): SharedStep => ({
  epoch: 3,
  size: 2 * microBatches,
  microBatches: Array.from({ length: microBatches }, (_, microBatch) => ({
    draws: [
      { index: 2 * microBatch, repeat: 0 },
      { index: 2 * microBatch + 1, repeat: 1 },
    ],
  })),
  feeds,
});

/** The answer to a task by worker number `by`; 0 is the owner. */
export const answer = ({ step, microBatch }: Pick<StepTask, "step" | "microBatch">, by: number): StepAnswer => ({
  ...{ step, microBatch, took: 1, bad: [] },
  results: { L_vt: Float32Array.of(microBatch), by: Float32Array.of(by) },
});

/** Looks again and again, as there is no event for it; gives up before the owner offers the training again of itself. */
export const until = (isMet: () => boolean) => vi.waitUntil(isMet, { interval: 2, timeout: 5000 });

/** Who computed each answer. */
export const by = (answers: readonly StepAnswer[]) => answers.map(({ results }) => Number(results.by[0]));

/** Computes micro-batches as number `who`, and writes down which. */
export function computer(who: number, before: (task: StepTask) => unknown = () => undefined) {
  const tasks: StepTask[] = [];
  const run: RunMicroBatch = async (task) => {
    tasks.push(task);
    await before(task);
    return answer(task, who);
  };
  return { run, tasks, microBatches: () => tasks.map(({ microBatch }) => microBatch) };
}

/** The owner's exchange of an offered training. */
export async function opened({ url }: RedisStandIn, connection = connectRedis(url)): Promise<Exchange> {
  const exchange = new Exchange(await connection, training, offer);
  await exchange.open(url);
  return exchange;
}

/** A worker that waits for micro-batches by now; `end` is what it resolves to. */
export async function worker(server: RedisStandIn, run: RunMicroBatch, more: { signal?: AbortSignal } = {}) {
  const waiting = server.waiting(keys.todo);
  const seen = { offer: new Uint8Array(), disposed: false };
  const redis = await connectRedis(server.url);
  const end = runStepWorker(redis, training, {
    open: async (bytes) => {
      seen.offer = Uint8Array.from(bytes);
      const dispose = async () => {
        seen.disposed = true;
      };
      return { run, dispose };
    },
    ...more,
  }).finally(() => redis.disconnect());
  await until(() => server.waiting(keys.todo) > waiting);
  return { end, seen };
}
