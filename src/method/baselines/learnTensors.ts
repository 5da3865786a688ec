/** Training of a baseline's tensors by gradient descent, in the loop that trains prompts. */
import type { Clip } from "../../clip/clip.ts";
import { add, sign, sub } from "../../graph/ops/index.ts";
import { input, parameter, scalar, type Tensor } from "../../graph/tensor.ts";
import { MpaError } from "../../platform/errors.ts";
import type { Averaging } from "../averaging.ts";
import { averagedPrompts } from "../averaging.ts";
import { openGraph } from "../classifier.ts";
import { fit, initialState, type Validation } from "../fit.ts";
import { featureInput, gradients, type Outputs } from "../graphs.ts";
import { imageForm, imageInput } from "../imageInput.ts";
import { localSteps } from "../localSteps.ts";
import { lossScaleOf } from "../lossScale.ts";
import type { Optimiser, OptimiserState } from "../optimiser.ts";
import type { Prompts } from "../prompts.ts";
import type { FrozenFeatures } from "../prototypes.ts";
import { cosineSchedule, scheduleOf } from "../schedule.ts";
import type { StepOptions } from "../step.ts";
import type { BaselineInputs } from "./baseline.ts";

/** Tensors of a baseline, and how they are learned. */
export interface TensorTraining {
  /** name in messages and progress */
  readonly name: string;
  /** values before the first step */
  readonly initial: Prompts;
  /** what the loss is computed from: pixels [B,3,S,S], or the frozen features g [B,E] */
  readonly source: "pixels" | "features";
  readonly loss: TensorLoss;
  readonly optimiser: Optimiser<OptimiserState>;
  /** rate of the first step after the warm-up; it falls to 0 along a cosine, step by step */
  readonly lr: number;
  /** epochs at a constant rate before; default none */
  readonly warmup?: { readonly epochs: number; readonly lr: number };
  readonly epochs: number;
  readonly batchSize: number;
  /** @internal the average that is returned in place of the last values */
  readonly averaging?: Averaging;
  /**
   * Scores the values after an epoch; if given, those of the best epoch are returned.
   *
   * @internal
   */
  validate?(learned: Prompts): Promise<Validation>;
}

/** The loss of a batch, a scalar of the learned tensors. What depends on an image has to be a sum over images of its weight times a value. */
export type TensorLoss = (learned: Readonly<Record<string, Tensor>>, batch: LossBatch) => Tensor;

/** Inputs of a loss. */
export interface LossBatch {
  /** pixels [B,3,S,S] or features [B,E] */
  readonly images: Tensor;
  /** [B, C] */
  readonly target: Tensor;
  /** [B, 1], summing to 1; 0 for padding */
  readonly weight: Tensor;
}

/** A validation that tells nothing, for methods that choose no epoch. */
const unscored: Validation = { metrics: { accuracy: 0, uar: 0 } };

/** Learns the tensors of a baseline. Throws INTERRUPTED if the signal aborts, NUMERIC for a value that is not finite. */
export async function learnTensors(inputs: BaselineInputs, training: TensorTraining): Promise<Prompts> {
  const { backbone, clip, classes, train, seed, runtime, progress, signal } = inputs;
  const { name, initial, optimiser, averaging, epochs, validate, lr, warmup } = training;
  const { available, features, augment, input: images, form } = sourceOf(inputs, training.source);
  const batchSize = Math.min(training.batchSize, available);
  const whole = await openGraph(backbone, tensorStep(clip, training, images(batchSize), classes.length), runtime);
  const stepOptions: StepOptions = {
    ...{ microBatch: batchSize, classes: classes.length, ...form },
    losses: { beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 1 },
  };
  const order = { seed, shuffle: true, sampler: "uniform", augment, batchSize };
  const stepsPerEpoch = Math.ceil(available / batchSize);
  const steps = epochs * stepsPerEpoch;
  const warm = warmup && { kind: "constant" as const, lr: warmup.lr, steps: warmup.epochs * stepsPerEpoch };
  const task = progress.start({ label: name, total: epochs, unit: "epochs" });
  try {
    const { state, best } = await fit(initialState(initial, optimiser, lossScaleOf(clip)), {
      steps: localSteps({ sessions: { whole }, stepOptions }, train.images, features, order),
      ...{ optimiser, averaging, schedule: scheduleOf(cosineSchedule, lr, steps, warm) },
      validator: { validate: async (prompts) => (validate ? await validate(prompts) : unscored) },
      listener: { onEpoch: ({ epoch }) => task.update(epoch + 1) },
      ...{ epochs, maxSteps: steps, ...(signal && { signal }) },
    });
    if (state.epoch < epochs) throw new MpaError("INTERRUPTED", `stopped while ${name} was trained`);
    task.finish();
    return validate && best ? best.prompts : averagedPrompts(state);
  } finally {
    await whole.dispose();
  }
}

/** Where a step's images come from. */
interface ImageSource {
  /** images of an epoch */
  readonly available: number;
  readonly features?: FrozenFeatures;
  readonly augment: BaselineInputs["augment"];
  /** The images of a step as an input of its graph. */
  input(batch: number): Tensor;
  readonly form: Pick<StepOptions, "imageInput" | "imageValues">;
}

function sourceOf(
  { backbone, clip, train, augment, runtime }: BaselineInputs,
  source: TensorTraining["source"],
): ImageSource {
  if (source === "features") {
    const form = { imageInput: "global", imageValues: clip.config.jointWidth } as const;
    const { features } = train;
    return { available: features.size, features, augment: "none", input: (batch) => featureInput(clip, batch), form };
  }
  const { form: imageInputName, values, pixels } = imageInput(backbone, imageForm(backbone, runtime.provider));
  const form = { imageInput: imageInputName, imageValues: values };
  return { available: train.images.split.samples.length, augment, input: pixels, form };
}

/**
 * A training step on images, pixels [B,3,S,S] or features [B,E]: the loss, under the name of the one term that has the weight 1 in every
 * total, and its gradient for each learned tensor.
 */
export function tensorStep(
  clip: Clip,
  { initial, loss }: Pick<TensorTraining, "initial" | "loss">,
  images: Tensor,
  classes: number,
): Outputs {
  const learned = Object.fromEntries(
    Object.entries(initial).map(([name, { shape }]) => [name, parameter(name, shape)]),
  );
  const [batch] = images.shape;
  const target = input("target", [batch, classes]);
  const weight = input("weight", [batch, 1]);
  // A row of zeros as padding has no direction: normalised it would be NaN, which a weight of 0 leaves NaN.
  const padding = sub(scalar(1), sign(weight));
  const rows = images.shape.length === 2 ? add(images, padding) : images;
  const total = loss(learned, { images: rows, target, weight });
  return { L_vt: total, ...gradients(clip, total, learned) };
}
