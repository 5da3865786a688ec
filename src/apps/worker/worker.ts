/** `worker`: runs jobs from the queue until it is stopped. */
import { z } from "zod";
import { contextOf, type RunContext, withoutSummary } from "../../platform/context.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import { withoutSecrets } from "../../platform/network.node.ts";
import { cellJob, runCellJob } from "../../runs/ablate/cellJob.ts";
import { protocolCellKind, runProtocolJob } from "../../runs/protocols/job.ts";
import { consume, type Handlers, type JobCounts } from "../../runs/shared/consumer.ts";
import { jobData } from "../../runs/shared/job.ts";
import { connectRedis, isRefusal, redisFailure } from "../../runs/shared/redis.ts";
import { openMicroBatchRunner, runStepWorker, stepWorkerJob } from "../../runs/shared/stepWorker.ts";
import { PredictionWorker, predictJob } from "../predict/job.ts";
import type { WorkerConfig } from "./options.ts";

export interface WorkerResult extends JobCounts {
  readonly seconds: number;
}

/** Context of a worker. */
export interface WorkerContext extends RunContext {
  /** receives a line about each job */
  readonly log?: (line: string) => void;
}

/** Runs jobs until the signal aborts or the worker was idle for the configured time. Throws NETWORK, RUNTIME. */
export async function work(config: WorkerConfig, context: WorkerContext = {}): Promise<WorkerResult> {
  const started = performance.now();
  const { signal, notice } = contextOf(context);
  const { log = () => undefined } = context;
  const idle = config.idle === "forever" ? Number.POSITIVE_INFINITY : 1000 * config.idle;
  const predictions = new PredictionWorker(context);
  const counts = await consume(config.redis, handlersOf(config, predictions, context), {
    signal,
    idle,
    onReady: () => log(`waiting for work from ${withoutSecrets(config.redis)}; Ctrl-C ends it`),
    onStart: (name) => log(`${name}: begun`),
    onDone: (name, result) => log(`${name}: done ${JSON.stringify(result)}`),
    onFailed: (name, message) => notice(`${name}: ${message}`),
    onRefused: (message) => notice(`${message}: waiting for that to change`),
  }).finally(() => predictions.dispose());
  return { ...counts, seconds: (performance.now() - started) / 1000 };
}

const stepWorkerSchema = z.object({ training: z.string().min(1) });

function handlersOf(config: WorkerConfig, predictions: PredictionWorker, context: WorkerContext): Handlers {
  return {
    [cellJob]: (data) => runCellJob(data, context),
    [protocolCellKind.job]: (data) => runProtocolJob(data, context),
    [predictJob]: (data) => predictions.run(data),
    [stepWorkerJob]: async (data) => {
      const { training } = jobData(stepWorkerSchema, data);
      const parts = await workOnSteps(training, config, context);
      // Another worker takes over the job.
      throwIfStopped(context.signal, "the worker was stopped");
      return { parts };
    },
  };
}

async function workOnSteps(training: string, config: WorkerConfig, context: WorkerContext): Promise<number> {
  const { progress, signal } = contextOf(context);
  const redis = await connectRedis(config.redis);
  const task = withoutSummary(progress).start({ label: "helping", total: Number.POSITIVE_INFINITY, unit: "parts" });
  try {
    return await runStepWorker(redis, training, {
      open: async (offer) => {
        const runner = await openMicroBatchRunner(offer, config, context);
        context.log?.(`${stepWorkerJob}: takes parts of training ${training}`);
        return runner;
      },
      onMicroBatch: (done) => task.update(done),
      signal,
    });
  } catch (error) {
    throw isRefusal(error) ? redisFailure(error, config.redis) : error;
  } finally {
    task.finish();
    redis.disconnect();
  }
}
