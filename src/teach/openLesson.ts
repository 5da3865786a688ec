/** Opens everything that teaching works with: faces to learn from and set aside, texts, sessions, the first prompts. */
import type { RuntimeOptions } from "../experiment/classifier.ts";
import type { Images } from "../experiment/images.ts";
import { openTrainingSession, type TrainingSession } from "../experiment/trainingSession.ts";
import { prepareTraining, type TrainingSetup } from "../experiment/trainingSetup.ts";
import { openValidator, type Validator } from "../experiment/validator.ts";
import type { Backbone } from "../model/backbone.ts";
import { defaultDescriptions } from "../model/descriptions.ts";
import { initialPrompts, type Prompts } from "../model/prompts.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { facesAsImages, type Lesson, setAside } from "./lesson.ts";
import { type TeachConfig, teachConfig } from "./teachOptions.ts";

export interface OpenLessonOptions {
  readonly runtime: RuntimeOptions;
  /** passes over the faces */
  readonly epochs?: number;
  /** upper bound in bytes that micro-batches keep to */
  readonly memory?: number;
}

export interface OpenLesson {
  readonly config: TeachConfig;
  readonly setup: TrainingSetup;
  readonly train: Images;
  readonly training: TrainingSession;
  readonly validator: Validator;
  readonly initial: Prompts;
  /** faces to learn from, and those set aside */
  readonly counts: { readonly trained: number; readonly setAside: number };
  /** in all */
  readonly steps: number;
  dispose(): Promise<void>;
}

const defaultMemory = 2 ** 30;

export async function openLesson(
  backbone: Backbone,
  lesson: Lesson,
  { runtime, epochs, memory = defaultMemory }: OpenLessonOptions,
  { signal, progress = silent }: RunContext,
): Promise<OpenLesson> {
  const { classes, faces, seed } = lesson;
  const config = teachConfig(classes, seed, defaultDescriptions, { epochs });
  const aside = setAside(lesson);
  const part = (name: "train" | "valid") => {
    const own = faces.filter((_, i) => aside.has(i) === (name === "valid"));
    return facesAsImages(name, classes, own, { preprocess: backbone.preprocess, signal });
  };
  const [train, valid] = [part("train"), part("valid")];
  const parts = { backbone, train, valid, descriptions: defaultDescriptions, runtime, progress };
  const setup = await prepareTraining(config, parts);
  const initial = initialPrompts(setup.spec.shapes, seed);
  const trained = train.split.samples.length;
  const batchSize = Math.min(config.batchSize, trained);
  const training = await openTrainingSession(backbone, setup.spec, { ...runtime, batchSize, memory });
  const validator = await openValidator({ ...parts, setup, initial, batchSize: aside.size });
  return {
    ...{ config, setup, train, training, validator, initial },
    counts: { trained, setAside: aside.size },
    steps: config.epochs * Math.ceil(trained / batchSize),
    dispose: async () => {
      await training.dispose();
      await validator.dispose();
    },
  };
}
