/** Some files of a large folder as a job for a worker (`predict --redis`): their answers go to a storage, named by what they depend on. */
import { z } from "zod";
import { readTensorBytes } from "../../clip/weights.node.ts";
import { ExpressionRecognizer, parseRecognizerOptions } from "../../faces/recognizer.node.ts";
import { openPredictor, type Predictor } from "../../method/model.node.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { sha256, versions } from "../../platform/package.node.ts";
import { jobData } from "../../runs/shared/queue.ts";
import { openStorage } from "../../runs/shared/storage.ts";
import { type PredictConfig, predictSchema } from "./options.ts";
import { picturesOf } from "./pictures.ts";
import { predictPictures } from "./predictPictures.ts";

export const predictJob = "predict";

const jobSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  files: z.array(z.string()).min(1),
  /** hash of the model and of what else answers depend on */
  model: z.string(),
  /** the name of the answers in the storage */
  name: z.string(),
});
export type PredictJobData = z.infer<typeof jobSchema>;

/** Names a model and the options that its answers depend on. */
export async function modelIdentity(config: PredictConfig, predictor: Predictor): Promise<string> {
  const { detect, every, smallestFace, faceScore, precision, provider, hardPrompt } = config;
  const prompts = predictor.file === undefined ? null : sha256(await readTensorBytes(predictor.file));
  const settings = { detect, every, smallestFace, faceScore, precision, provider, hardPrompt };
  return sha256(JSON.stringify([predictor.backbone.sha256, prompts, predictor.classes, settings, versions()]));
}

export const openModel = (config: PredictConfig, context: RunContext): Promise<Predictor> =>
  openPredictor({ ...config, adapted: !config.zeroShot }, context);

/** Does such jobs; the model stays open for the next one of the same kind. Dispose of it when done. */
export class PredictionWorker {
  readonly #context: RunContext;
  #open: { readonly model: string; readonly fer: ExpressionRecognizer } | undefined;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Throws INTERRUPTED when the signal aborts; what was answered until then is done again. */
  async run(data: unknown): Promise<{ readonly pictures: number; readonly known?: true }> {
    const { config: given, files, model, name } = jobData(jobSchema, data);
    const config = jobData(predictSchema.config, given);
    const storage = await openStorage(config.results ?? "");
    if ((await storage.list(name)).length > 0) return { pictures: files.length, known: true };
    const fer = await this.#recognizer(config, model);
    const { signal } = this.#context;
    const pictures = picturesOf(files, { every: config.every, stdin: process.stdin, signal });
    const lines: string[] = [];
    for await (const { answer } of predictPictures(fer, pictures, { ...config, signal })) {
      lines.push(`${JSON.stringify(answer)}\n`);
    }
    await storage.put(name, new TextEncoder().encode(lines.join("")));
    return { pictures: lines.length };
  }

  async dispose(): Promise<void> {
    await this.#open?.fer.dispose();
    this.#open = undefined;
  }

  async #recognizer(config: PredictConfig, model: string): Promise<ExpressionRecognizer> {
    if (this.#open?.model === model) return this.#open.fer;
    await this.dispose();
    const predictor = await openModel(config, this.#context);
    if ((await modelIdentity(config, predictor)) !== model) {
      const fix = "use the same backbone, prompts and versions everywhere";
      throw new MpaError("RUNTIME", "the model here is not the one that was asked for", {
        where: config.checkpoint,
        fix,
      });
    }
    const { threads, provider, smallestFace, faceScore, batchSize } = config;
    const options = parseRecognizerOptions({ threads, provider, smallestFace, faceScore, batchSize });
    this.#open = { model, fer: await ExpressionRecognizer.over(predictor, options) };
    return this.#open.fer;
  }
}
