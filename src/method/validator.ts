/** Validation during training, with a classifier that takes the prompts as inputs and is opened once. */

import type { Backbone } from "../clip/backbone.ts";
import type { Images } from "../data/batches.ts";
import { type Metrics, scoreClassification } from "../evaluation/metrics.ts";
import type { TensorData } from "../graph/tensor.ts";
import { type ProgressReporter, withoutSummary } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { type Classifier, openClassifier, openSoftPromptEncoder, type RuntimeOptions } from "./classifier.ts";
import type { ClassifierPrompts } from "./graphs.ts";
import { imageForm, imageInput } from "./imageInput.ts";
import type { Prompts } from "./prompts.ts";
import { type Scores, scoreSplit } from "./scoring.ts";
import type { TrainingSetup } from "./setup.ts";

/** Metrics and probabilities of a validation. */
export interface ValidationResult {
  readonly metrics: Metrics;
  readonly scores: Scores;
}

/** Evaluates prompts on the validation split. Dispose of it when done. */
export interface Validator {
  /** Evaluates the prompts; `undefined` after an abort. */
  validate(prompts: Prompts): Promise<ValidationResult | undefined>;
  /** Computes θ [C,E] of the prompts for a checkpoint. Throws NUMERIC if it is not finite. */
  theta(prompts: Prompts): Promise<TensorData>;
  dispose(): Promise<void>;
}

/** Dependencies of a validator. */
export interface ValidatorParts {
  readonly backbone: Backbone;
  readonly setup: TrainingSetup;
  readonly initial: Prompts;
  readonly valid: Images;
  readonly batchSize: number;
  readonly runtime: RuntimeOptions;
  readonly progress: ProgressReporter;
}

/** Opens a validator. Throws RUNTIME if a session cannot be opened. */
export async function openValidator(parts: ValidatorParts): Promise<Validator> {
  const { backbone, setup, initial, valid, runtime } = parts;
  const classifier = await openValidationClassifier(parts);
  const encoder = await openSoftPromptEncoder(backbone, setup.soft.tokens, initial["text.context"], runtime);
  const { classes, samples } = valid.split;
  return {
    validate: async (prompts) => {
      const theta = await encoder.encode(prompts["text.context"]);
      const visual = prompts["vision.prompts"];
      const scores = await scoreSplit(classifier, valid, {
        prompts: { "text.features": theta.data, ...(visual && { "vision.prompts": visual.data }) },
        features: setup.features?.valid,
        progress: withoutSummary(parts.progress),
        label: "validation",
      });
      if (!scores.complete) return undefined;
      const labels = scores.indices.map((i) => samples[i].label);
      return { scores, metrics: scoreClassification({ probabilities: scores.probabilities, labels, classes }) };
    },
    theta: async (prompts) => {
      const theta = await encoder.encode(prompts["text.context"]);
      if (!theta.data.every(Number.isFinite)) throw new MpaError("NUMERIC", "the text features are not finite");
      return theta;
    },
    dispose: async () => {
      await classifier.dispose();
      await encoder.dispose();
    },
  };
}

function openValidationClassifier({
  backbone,
  setup,
  initial,
  valid,
  batchSize,
  runtime,
}: ValidatorParts): Promise<Classifier> {
  const { source, topK } = setup.spec;
  const prompts: ClassifierPrompts =
    source === "features"
      ? { kind: "features" }
      : { kind: "inputs", visionPromptShape: initial["vision.prompts"]?.shape };
  const { classes, samples } = valid.split;
  const batch = Math.min(batchSize, samples.length);
  const images = imageInput(backbone, imageForm(backbone, runtime.provider));
  return openClassifier(backbone, { ...prompts, batch, classes: classes.length, topK }, runtime, images);
}
