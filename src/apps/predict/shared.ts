/** `predict --redis`: splits a large folder into jobs for workers and returns their answers in order. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { batches } from "../../data/order.ts";
import { facePredictionSchema } from "../../faces/prediction.ts";
import { openModel } from "../../method/model.node.ts";
import { commandText } from "../../platform/command.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { jsonBounds, parseStrictJson } from "../../platform/json.ts";
import { optionKeys } from "../../platform/options/option.ts";
import { sha256 } from "../../platform/package.node.ts";
import type { Job } from "../../runs/shared/job.ts";
import { withAbsolutePaths } from "../../runs/shared/places.ts";
import { openQueue } from "../../runs/shared/queue.ts";
import { openStorage, type Storage } from "../../runs/shared/storage.ts";
import type { FilePrediction, Predicted, Predictions } from "./filePrediction.ts";
import { modelIdentity, type PredictJobData, predictJob } from "./job.ts";
import { type PredictConfig, predictSchema } from "./options.ts";
import { filesOf, standardInput, videosOf } from "./pictures.ts";
import { tellScale } from "./predictPictures.ts";

/** Files per job: seconds of work, so that a lost worker costs little and queueing overhead stays small. */
const filesAJob = 200;

/** Opens a shared prediction. Throws USAGE without storage for results, NOT_FOUND for missing files, NETWORK, RUNTIME. */
export async function openSharedPredictions(config: PredictConfig, context: RunContext): Promise<Predictions> {
  const { redis = "", results } = config;
  if (results === undefined) {
    throw new MpaError("USAGE", "--redis needs a place for what workers make", { fix: "add --results DIR or s3://…" });
  }
  const files = await filesOf(config.files, contextOf(context).notice);
  if (files.includes(standardInput)) {
    throw new MpaError("USAGE", "standard input cannot be shared", { fix: "name files, or leave --redis out" });
  }
  const model = await openModel(config, context);
  const jobs = await jobsOf(config, files, await modelIdentity(config, model));
  const storage = await openStorage(results);
  return {
    model: model.description,
    videos: (await videosOf(files)).length,
    each: () => answers(redis, storage, jobs, context),
    dispose: async () => undefined,
  };
}

interface FilesJob {
  readonly job: Job & { readonly data: PredictJobData };
  /** names as the user wrote them, by the paths given to workers */
  readonly names: ReadonlyMap<string, string>;
}

const repeatedKeys = optionKeys(predictSchema.options, ({ perCall }) => !perCall);

/** Splits the files into jobs. A job's id hashes its files' paths, sizes and modification times, so no file has to be read. */
async function jobsOf(config: PredictConfig, files: readonly string[], model: string): Promise<FilesJob[]> {
  const given = Object.fromEntries(Object.entries(config).filter(([key]) => repeatedKeys.has(key)));
  const { results } = config;
  const shared = withAbsolutePaths(predictSchema.options, { ...given, results, files: [standardInput] });
  const jobs: FilesJob[] = [];
  for (const some of batches(files, filesAJob)) {
    const paths = some.map((file) => resolve(file));
    const stats = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
    const id = sha256(JSON.stringify([model, paths, stats.map((found) => [found?.size, found?.mtimeMs])]));
    const data = { config: shared, files: paths, model, name: `predict/${id}.jsonl` };
    jobs.push({ job: { name: predictJob, id, data }, names: new Map(paths.map((path, i) => [path, some[i]])) });
  }
  return jobs;
}

async function* answers(
  redis: string,
  storage: Storage,
  jobs: readonly FilesJob[],
  context: RunContext,
): AsyncGenerator<Predicted> {
  const { progress, signal, notice } = contextOf(context);
  const task = progress.start({ label: "predicting", total: jobs.length, unit: "jobs" });
  const known = new Set(await storage.list("predict/"));
  const missing = jobs.filter(({ job }) => !known.has(job.data.name)).map(({ job }) => job);
  const names = new Map(missing.map(({ id, data }) => [id, data.name]));
  const isDone = async ({ id }: Job) => {
    const name = names.get(id);
    return name !== undefined && (await storage.list(name)).includes(name);
  };
  const queue = missing.length > 0 ? await openQueue(redis, { notice, isDone }) : undefined;
  try {
    if ((await queue?.workers()) === 0)
      notice(`no worker is connected yet: start one with ${commandText("worker --redis URL")}`);
    await queue?.add(missing);
    for (const [done, { job, names }] of jobs.entries()) {
      if (!known.has(job.data.name)) await queue?.result(job.id, signal);
      for (const answer of parseAnswers(await storage.get(job.data.name), job.data.name)) {
        const file = names.get(answer.file) ?? answer.file;
        tellScale({ ...answer, file }, notice);
        // The frames of a video are not read a second time.
        yield { answer: { ...answer, file }, ...(answer.time === undefined && { image: answer.file }) };
      }
      task.update(done + 1);
    }
    task.finish();
  } catch (error) {
    await queue?.withdraw(missing.map(({ id }) => id));
    throw error;
  } finally {
    await queue?.close();
  }
}

const answerSchema = z.object({
  file: z.string(),
  time: z.number().optional(),
  end: z.number().optional(),
  faces: z.array(facePredictionSchema),
  scale: z.number().optional(),
  error: z.string().optional(),
});

// Returns the value itself, because parsing with a schema would reorder its keys.
const isAnswer = (value: unknown): value is FilePrediction => answerSchema.safeParse(value).success;

function parseAnswers(bytes: Uint8Array | undefined, name: string): FilePrediction[] {
  if (bytes === undefined)
    throw new MpaError("NETWORK", "a worker's answers are gone", { where: name, fix: "give the command again" });
  const lines = new TextDecoder().decode(bytes).split("\n");
  const answers = lines.filter((line) => line !== "").map((line) => parseStrictJson(line, jsonBounds.answer));
  if (answers.every(isAnswer)) return answers;
  throw new MpaError("NETWORK", "a worker's answers are malformed", {
    where: name,
    fix: "take them away and give the command again",
  });
}
