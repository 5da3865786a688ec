/** Validation during training: the same prompts, as inputs of a classifier that is opened once. */

import type { Backbone } from "../clip/backbone.ts";
import type { Images } from "../data/batches.ts";
import { type Metrics, scoreClassification } from "../evaluation/metrics.ts";
import { type ProgressReporter, withoutSummary } from "../platform/context.ts";
import {
  type Classifier,
  openClassifier,
  openSoftPromptEncoder,
  type RuntimeOptions,
  type SoftPromptEncoder,
} from "./classifier.ts";
import type { ClassifierPrompts } from "./graphs.ts";
import type { Prompts } from "./prompts.ts";
import { type Scores, scoreSplit } from "./scoring.ts";
import type { TrainingSetup } from "./setup.ts";

export interface ValidationResult {
  readonly metrics: Metrics;
  readonly scores: Scores;
}

export interface Validator {
  /** what the prompts come to on the validation split; `undefined` after an abort */
  validate(prompts: Prompts): Promise<ValidationResult | undefined>;
  readonly encoder: SoftPromptEncoder;
  dispose(): Promise<void>;
}

export interface ValidatorParts {
  readonly backbone: Backbone;
  readonly setup: TrainingSetup;
  readonly initial: Prompts;
  readonly valid: Images;
  readonly batchSize: number;
  readonly runtime: RuntimeOptions;
  readonly progress: ProgressReporter;
}

export async function openValidator(parts: ValidatorParts): Promise<Validator> {
  const { backbone, setup, initial, valid, runtime } = parts;
  const classifier = await openValidationClassifier(parts);
  const encoder = await openSoftPromptEncoder(backbone, setup.soft.tokens, initial["text.context"], runtime);
  const { classes, samples } = valid.split;
  return {
    encoder,
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
  return openClassifier(backbone, { ...prompts, batch, classes: classes.length, topK }, runtime);
}
