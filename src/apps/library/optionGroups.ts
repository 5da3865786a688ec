/** Groups of options that several functions of the library share; those of models and detection are beside the recognizer. */
import type { HardPromptOptions, RuntimeOptions } from "../../faces/modelOptions.ts";

/** Labelled data set. */
export interface DatasetOptions {
  /** folder of the data set */
  readonly data: string;
  /** `ferplus`, `raf-db`, `folder` and so on (docs/datasets.md), or one that a plugin adds */
  readonly dataset: string;
  /** how the votes of FER+ are reduced to a label; default `plurality` */
  readonly labelRule?: "plurality" | "majority" | "votes" | undefined;
}

/** Options for reading a data set. */
export interface ReadingOptions {
  /** maximum number of images per class; default all */
  readonly limit?: number | undefined;
  /** number of unreadable images tolerated; default 1 % of the split */
  readonly allowBad?: number | undefined;
  /** images read and decoded concurrently, without effect on the result; default 4 */
  readonly dataWorkers?: number | undefined;
}

/** A part of a data set. */
export interface PartOptions {
  /** names of classes, as a list or with commas; others are left out */
  readonly classes?: string | string[] | undefined;
  /** `I/K`: fold I of K of the training images is `test`, the next one `valid`, the others `train` */
  readonly fold?: string | undefined;
  /** default 1 */
  readonly foldSeed?: number | undefined;
  /** CSV of images with a column `person`; nobody is in two folds */
  readonly persons?: string | undefined;
}

/** Options of the training data. */
export interface TrainDataOptions extends PartOptions {
  /** maximum number of validation images per class; default all */
  readonly validLimit?: number | undefined;
  /** select the best epoch on the test split, as the paper appears to; default false */
  readonly paperProtocol?: boolean | undefined;
  /** random crop, flip and erasing; default `paper` */
  readonly augment?: "none" | "paper" | undefined;
  /** default true */
  readonly shuffle?: boolean | undefined;
  /** `uniform`, `square-root`, `cube-root`, `balanced`, or one that a plugin adds; the default depends on the data set */
  readonly sampler?: string | undefined;
}

/** Learned prompts: soft text tokens [C,M,T] or [M,T], visual prompts [K,P,V]. */
export interface PromptOptions extends HardPromptOptions {
  /** default `class-specific` */
  readonly context?: "class-specific" | "unified" | undefined;
  /** M, soft text tokens, at most 75; default 10 */
  readonly contextLength?: number | undefined;
  /** text after the soft tokens; default `class-name` */
  readonly softText?: "class-name" | "hard-prompt" | undefined;
}

/** Components of the method and their weights (paper, Table 1 and Eq. 12). */
export interface MethodOptions extends PromptOptions, PrototypeOptions {
  /** components in use; default `mpa`, all of them */
  readonly variant?: "coop" | "+vp" | "+proto" | "+spa" | "mpa" | undefined;
  /** P, visual prompts per layer; default 8 if the variant has them */
  readonly visualPrompts?: number | undefined;
  /** k, local features matched with each class (Eq. 9); default 16 if the variant has local alignment */
  readonly topK?: number | undefined;
  /** weight of soft-hard alignment, L_t; default 1 if the variant has it */
  readonly beta?: number | undefined;
  /** weight of prototype alignment, L_v; default 1 if the variant has it */
  readonly gamma?: number | undefined;
  /** training images per class from which its prototype is computed; default `all` */
  readonly prototypeImages?: number | "all" | undefined;
  /** `NAME=WEIGHT` of loss terms that plugins add */
  readonly lossTerm?: string[] | undefined;
}

/** Targets of the alignment losses. */
export interface PrototypeOptions {
  /** distance between an image and its prototype; default `cosine` */
  readonly prototypeLoss?: "cosine" | "l1" | undefined;
  /** temperature of soft-hard alignment; default 1/s of the backbone */
  readonly tau?: number | undefined;
}

/** Optimiser and learning-rate schedule (paper, section 4). */
export interface LearningOptions {
  /** default 120; 20 for AffectNet */
  readonly epochs?: number | undefined;
  /** default: all steps of the epochs */
  readonly maxSteps?: number | undefined;
  /** images per step; default 32 */
  readonly batchSize?: number | undefined;
  /** learning rate; default 0.032 */
  readonly lr?: number | undefined;
  /** `sgd`, `adamw`, or one that a plugin adds; default `sgd` */
  readonly optimiser?: string | undefined;
  /** momentum of SGD, β1 of AdamW; default 0.9 */
  readonly momentum?: number | undefined;
  /** weight decay; default 0.0005 */
  readonly weightDecay?: number | undefined;
  /** β2 of AdamW; default 0.999 */
  readonly adamBeta2?: number | undefined;
  /** learning-rate schedule, per step: `cosine`, `constant`, `linear`, `step`, or one that a plugin adds; default `cosine` */
  readonly schedule?: string | undefined;
  /** epochs before the schedule starts; default 0 */
  readonly warmupEpochs?: number | undefined;
  /** learning rate of those epochs: `warmupLr`, or from it up to `lr`; default `constant` */
  readonly warmup?: "constant" | "linear" | undefined;
  /** default 1e-5 */
  readonly warmupLr?: number | undefined;
  /** norm over all prompts to which the gradients of a step are clipped; default no clipping */
  readonly clipNorm?: number | undefined;
  /** α of mixup; default 0, none */
  readonly mixup?: number | undefined;
  /** decay of an exponential moving average of the prompts, validated and saved in their place; default 0, none */
  readonly ema?: number | undefined;
  /** first epoch of a mean of the prompts at the ends of epochs, validated and saved in their place; default none */
  readonly averageFrom?: number | undefined;
  /** epochs without a better validation after which the training ends; default all epochs */
  readonly patience?: number | undefined;
}

/** Classification loss, L_vt. */
export interface ClassificationLossOptions {
  /** share of a target that is spread over all classes; default 0 */
  readonly labelSmoothing?: number | undefined;
  /** weight of each class by its number of training images: `balanced`, `square-root` or `effective`; default all the same */
  readonly classWeights?: string | undefined;
}

/** Output of a run. */
export interface RunFolderOptions {
  /** run folder; default runs/DATASET-VARIANT-SEED */
  readonly out?: string | undefined;
  /** epochs between checkpoints; default 1 */
  readonly checkpointEvery?: number | undefined;
  /** whether the report shows the faces of the worst mistakes; default true */
  readonly reportFaces?: boolean | undefined;
  /** also write a TensorBoard event file; default false */
  readonly tensorboard?: boolean | undefined;
  /** also log to this MLflow tracking server */
  readonly mlflow?: string | undefined;
  /** default `mpa-fer` */
  readonly mlflowExperiment?: string | undefined;
}

/** Runtime options of work that uses random numbers and bounded memory. */
export interface TrainingRuntimeOptions extends RuntimeOptions {
  /** memory limit of a micro-batch in bytes, or text such as "4GB"; default half of the free memory */
  readonly memory?: number | string | undefined;
  /** default 1 */
  readonly seed?: number | undefined;
}

/** Work shared with `mpa-fer worker` over Redis. */
export interface SharedWorkOptions {
  /** address of the Redis server; default: nothing is shared */
  readonly redis?: string | undefined;
  /** where workers store their results: a folder or s3://BUCKET/PREFIX */
  readonly results?: string | undefined;
}
