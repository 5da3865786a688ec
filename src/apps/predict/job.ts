/**
 * Job of a `predict --redis` worker: predicts some files of a large folder and stores the answers under a content-derived
 * name.
 */
import { z } from "zod";
import { readTensorBytes } from "../../clip/weights.node.ts";
import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import { openModel } from "../../method/model.node.ts";
import type { Model } from "../../method/model.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { optionKeys } from "../../platform/options/option.ts";
import { sha256, versions } from "../../platform/package.node.ts";
import { jobData } from "../../runs/shared/job.ts";
import { openStorage } from "../../runs/shared/storage.ts";
import { type PredictConfig, predictSchema } from "./options.ts";
import { picturesOf } from "./pictures.ts";
import { predictPictures } from "./predictPictures.ts";

export const predictJob = "predict";

const jobSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  files: z.array(z.string()).min(1),
  /** hash of the model and the options on which answers depend */
  model: z.string(),
  /** name of the answers in the storage */
  name: z.string(),
});
export type PredictJobData = z.infer<typeof jobSchema>;

const resultKeys = optionKeys(predictSchema.options, ({ role }) => role === "result");

/** Hashes a model and the options on which its answers depend. */
export async function modelIdentity(config: PredictConfig, model: Model): Promise<string> {
  const prompts = model.file === undefined ? null : sha256(await readTensorBytes(model.file));
  const options: Readonly<Record<string, unknown>> = config;
  const settings = [...resultKeys].map((key) => [key, options[key]]);
  return sha256(JSON.stringify([model.backbone.sha256, prompts, model.classes, settings, versions()]));
}

/** Worker that runs prediction jobs; its model stays open for the next job of the same kind. Dispose of it when done. */
export class PredictionWorker {
  readonly #context: RunContext;
  #open: { readonly model: string; readonly fer: ExpressionRecognizer } | undefined;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Runs one job. Throws INTERRUPTED when the signal aborts; a later run repeats the whole job. */
  async run(data: unknown): Promise<{ readonly pictures: number; readonly known?: true }> {
    const { config: given, files, model, name } = jobData(jobSchema, data);
    const config = jobData(predictSchema.config, given);
    const storage = await openStorage(config.results ?? "");
    if ((await storage.list(name)).length > 0) return { pictures: files.length, known: true };
    const fer = await this.#recognizer(config, model);
    const { signal } = this.#context;
    const { detect, every, smoothing, batchSize } = config;
    const pictures = picturesOf(files, { every, stdin: process.stdin, signal });
    const lines: string[] = [];
    for await (const { answer } of predictPictures(fer, pictures, { detect, smoothing, batchSize, signal })) {
      lines.push(`${JSON.stringify(answer)}\n`);
    }
    await storage.put(name, new TextEncoder().encode(lines.join("")));
    return { pictures: lines.length };
  }

  async dispose(): Promise<void> {
    await this.#open?.fer.dispose();
    this.#open = undefined;
  }

  async #recognizer(config: PredictConfig, wanted: string): Promise<ExpressionRecognizer> {
    if (this.#open?.model === wanted) return this.#open.fer;
    await this.dispose();
    const model = await openModel(config, this.#context);
    if ((await modelIdentity(config, model)) !== wanted) {
      const fix = "use the same backbone, prompts and versions everywhere";
      throw new MpaError("RUNTIME", "the model here is not the one that was asked for", {
        where: config.checkpoint,
        fix,
      });
    }
    this.#open = { model: wanted, fer: await ExpressionRecognizer.over(model, config) };
    return this.#open.fer;
  }
}
