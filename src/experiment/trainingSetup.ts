/** Everything of a training that is made once: texts, frozen features, the training session, the validation. */
import type { TrainConfig } from "../config.ts";
import { prototypeSubset } from "../data/selection.ts";
import { estimateMemory } from "../graph/memory.ts";
import { toOnnx } from "../graph/onnx.ts";
import { elements } from "../graph/tensor.ts";
import type { Backbone } from "../model/backbone.ts";
import type { Descriptions } from "../model/hardPrompts.ts";
import { type PromptOptions, promptShapes, type Values } from "../model/prompts.ts";
import type { ProgressReporter } from "../progress.ts";
import type { Session } from "../runtime/session.ts";
import { microBatchSize } from "../trainer/microBatch.ts";
import type { StepOptions } from "../trainer/step.ts";
import { type TrainingSpec, trainingGraph } from "../trainer/trainingGraph.ts";
import { encodeHardPrompts, type RuntimeOptions } from "./classifier.ts";
import { classPrototypes, type FrozenFeatures, frozenFeatures } from "./frozenFeatures.ts";
import type { Images } from "./images.ts";
import { type Prepared, prepareHardPrompts, prepareSoftPrompts } from "./texts.ts";

export interface TrainingSetup {
  readonly spec: TrainingSpec;
  readonly soft: Prepared;
  readonly hard?: Prepared;
  readonly prototypes?: Values;
  /** g of the training and validation images, where nothing that changes reaches the image tower */
  readonly features?: { readonly train: FrozenFeatures; readonly valid?: FrozenFeatures };
}

export interface SetupParts {
  readonly backbone: Backbone;
  readonly train: Images;
  readonly valid?: Images;
  readonly descriptions: Descriptions;
  readonly runtime: RuntimeOptions;
  readonly progress: ProgressReporter;
}

/** Texts, prototypes and features as the parts of the variant ask for them; a part that is 0 is not made. */
export async function prepareTraining(config: TrainConfig, parts: SetupParts): Promise<TrainingSetup> {
  const { backbone, train, valid, runtime } = parts;
  const { classes } = train.split;
  const needsHard = config.beta > 0 || config.softText === "hard-prompt";
  const hard = needsHard ? prepareHardPrompts(backbone, classes, config.hardPrompt, parts.descriptions) : undefined;
  const softTexts = config.softText === "hard-prompt" && hard ? hard.texts : classes;
  const soft = prepareSoftPrompts(backbone, softTexts, config.contextLength);
  const hardFeatures = config.beta > 0 && hard ? await encodeHardPrompts(backbone, hard.tokens, runtime) : undefined;
  // Without visual prompts, local features and augmentation an image's g never changes: computed once, it is all of it.
  const isFrozen = config.visualPrompts === 0 && config.topK === 0 && config.augment === "none";
  const featuresOf = (source: Images, indices: readonly number[], label: string) =>
    frozenFeatures(backbone, source, indices, {
      ...runtime,
      batchSize: config.batchSize,
      progress: parts.progress,
      label,
    });
  const all = (source: Images) => source.split.samples.map((_, i) => i);
  const features = isFrozen
    ? {
        train: await featuresOf(train, all(train), "features of the training images"),
        valid: valid && (await featuresOf(valid, all(valid), "features of the validation images")),
      }
    : undefined;
  const prototypes = config.gamma > 0 ? await makePrototypes(config, parts, featuresOf, features?.train) : undefined;
  const promptOptions: PromptOptions = { ...config, classes: classes.length };
  const spec: TrainingSpec = {
    soft: soft.tokens,
    shapes: promptShapes(backbone.clip.config, promptOptions),
    classes: classes.length,
    localTopK: config.topK,
    hard: hardFeatures,
    prototypes,
    source: isFrozen ? "features" : "pixels",
    beta: config.beta,
    gamma: config.gamma,
    prototypeLoss: config.prototypeLoss,
    tau: config.tau ?? 1 / backbone.clip.scale,
  };
  return { spec, soft, hard, prototypes, features };
}

async function makePrototypes(
  { prototypeImages: n, seed, shuffle }: TrainConfig,
  { backbone, train }: SetupParts,
  featuresOf: (source: Images, indices: readonly number[], label: string) => Promise<FrozenFeatures>,
  known: FrozenFeatures | undefined,
): Promise<Values> {
  const { samples, classes } = train.split;
  const subset = prototypeSubset({ samples, classes, n, seed, shuffle });
  const chosen = new Set(subset);
  const features = known
    ? new Map([...known].filter(([index]) => chosen.has(index)))
    : await featuresOf(train, subset, "prototypes");
  return classPrototypes(features, (index) => samples[index].label, classes.length, backbone.clip.config.jointWidth);
}

export interface TrainingSession {
  readonly session: Session;
  readonly stepOptions: StepOptions;
}

/** The step's session, its batch as large as memory allows; `microBatch` of a resumed run is kept. Throws MEMORY. */
export async function openTrainingSession(
  backbone: Backbone,
  spec: TrainingSpec,
  options: RuntimeOptions & { readonly batchSize: number; readonly memory: number; readonly microBatch?: number },
): Promise<TrainingSession> {
  const { batchSize, memory, threads, provider } = options;
  const estimate = (images: number) => estimateMemory(trainingGraph(backbone.clip, images, spec));
  const microBatch = options.microBatch ?? microBatchSize(batchSize, memory, estimate);
  const { logits: _, ...outputs } = trainingGraph(backbone.clip, microBatch, spec);
  const model = toOnnx(outputs);
  const session = await backbone.open(model, { threads, provider });
  const imageInput = spec.source === "features" ? "global" : "pixels";
  const imageValues = elements(model.inputs[imageInput].shape.slice(1));
  return { session, stepOptions: { microBatch, classes: spec.classes, imageValues, imageInput } };
}
