/**
 * Options of the library's functions: those of the commands of the same name, in camelCase, with the same defaults. What a
 * command answers with on the terminal (`--json`, `--quiet`) is left out, for a function returns its answer.
 */

/** Data set with labels. */
export interface DatasetOptions {
  /** folder of the data set */
  readonly data: string;
  /** `ferplus`, `raf-db`, `affectnet-7`, `affectnet-8`, `folder`, or one that a plugin has added */
  readonly dataset: string;
  /** how the votes of FER+ make a label; default `plurality` */
  readonly labelRule?: "plurality" | "majority" | "votes" | undefined;
}

/** How much of a data set is read, and how. */
export interface ReadingOptions {
  /** at most this many images a class; default all */
  readonly limit?: number | undefined;
  /** unreadable images that are tolerated; default 1 % of the split */
  readonly allowBad?: number | undefined;
  /** pictures that are read and decoded at once, without effect on the result; default 4 */
  readonly dataWorkers?: number | undefined;
}

/** Training images of an epoch. */
export interface TrainDataOptions {
  /** at most this many validation images a class; default all */
  readonly validLimit?: number | undefined;
  /** choose the best epoch on the test split, as the paper seems to; default false */
  readonly paperProtocol?: boolean | undefined;
  /** random crop, flip and erasing; default `paper` */
  readonly augment?: "none" | "paper" | undefined;
  /** default true */
  readonly shuffle?: boolean | undefined;
  /** `uniform`, `square-root`, `cube-root`, `balanced`, or one that a plugin has added; the default depends on the data set */
  readonly sampler?: string | undefined;
}

/** Hard prompts, which also classify zero-shot (paper, Table 2). */
export interface HardPromptOptions {
  /** 1: a photo of; 2: with the task named; 3 (default): with descriptions */
  readonly hardPrompt?: 1 | 2 | 3 | undefined;
  /** JSON file of class → phrases; default the package's */
  readonly descriptions?: string | undefined;
}

/** Learned prompts: soft text tokens [C,M,T] or [M,T], visual prompts [K,P,V]. */
export interface PromptOptions extends HardPromptOptions {
  /** default `class-specific` */
  readonly context?: "class-specific" | "unified" | undefined;
  /** M, soft text tokens, at most 75; default 10 */
  readonly contextLength?: number | undefined;
  /** what follows the soft tokens; default `class-name` */
  readonly softText?: "class-name" | "hard-prompt" | undefined;
}

/** Parts of the method and their weights (paper, Table 1 and Eq. 12). */
export interface MethodOptions extends PromptOptions, PrototypeOptions {
  /** which parts there are; default `mpa`, all of them */
  readonly variant?: "coop" | "+vp" | "+proto" | "+spa" | "mpa" | undefined;
  /** P, visual prompts in every layer; default 8 where the variant has them */
  readonly visualPrompts?: number | undefined;
  /** k, local features matched with each class (Eq. 9); default 16 where the variant has local alignment */
  readonly topK?: number | undefined;
  /** weight of soft-hard alignment, L_t; default 1 where the variant has it */
  readonly beta?: number | undefined;
  /** weight of prototype alignment, L_v; default 1 where the variant has it */
  readonly gamma?: number | undefined;
  /** training images a class that make its prototype; default `all` */
  readonly prototypeImages?: number | "all" | undefined;
  /** `NAME=WEIGHT` of loss terms that plugins have added */
  readonly lossTerm?: string[] | undefined;
}

/** What the alignment losses compare with. */
export interface PrototypeOptions {
  /** distance between an image and its prototype; default `cosine` */
  readonly prototypeLoss?: "cosine" | "l1" | undefined;
  /** temperature of soft-hard alignment; default 1/s of the backbone */
  readonly tau?: number | undefined;
}

/** Optimiser and its schedule (paper, section 4). */
export interface LearningOptions {
  /** default 120; 20 for AffectNet */
  readonly epochs?: number | undefined;
  /** default: all steps of the epochs */
  readonly maxSteps?: number | undefined;
  /** images a step; default 32 */
  readonly batchSize?: number | undefined;
  /** learning rate; default 0.032 */
  readonly lr?: number | undefined;
  /** of SGD; default 0.9 */
  readonly momentum?: number | undefined;
  /** of SGD; default 0.0005 */
  readonly weightDecay?: number | undefined;
  /** of the learning rate, by step; default `cosine` */
  readonly schedule?: "cosine" | "constant" | undefined;
}

/** What a run writes. */
export interface RunFolderOptions {
  /** run folder; default runs/DATASET-VARIANT-SEED */
  readonly out?: string | undefined;
  /** epochs between checkpoints; default 1 */
  readonly checkpointEvery?: number | undefined;
  /** whether the report shows the faces of the worst mistakes; default true */
  readonly reportFaces?: boolean | undefined;
  /** also write an event file of TensorBoard; default false */
  readonly tensorboard?: boolean | undefined;
  /** also log to this MLflow tracking server */
  readonly mlflow?: string | undefined;
  /** default `mpa-fer` */
  readonly mlflowExperiment?: string | undefined;
}

/** Frozen CLIP and where it runs. */
export interface RuntimeOptions {
  /** folder in the Hugging Face layout, model on its hub, or one in the package; default `faceclip-mini` */
  readonly backbone?: string | undefined;
  /** arithmetic of the frozen towers; default `fp32` */
  readonly precision?: "fp32" | "fp32-strassen" | "int8" | undefined;
  /** execution provider of ONNX Runtime; default `cpu` */
  readonly provider?: string | undefined;
  /** default: one a core */
  readonly threads?: number | undefined;
}

/** The same for work that takes chances and memory. */
export interface TrainingRuntimeOptions extends RuntimeOptions {
  /** bytes, or text such as "4GB", that micro-batches keep to; default half of what is free */
  readonly memory?: number | string | undefined;
  /** default 1 */
  readonly seed?: number | undefined;
}

/** Prompts that answer. */
export interface PromptsOptions extends HardPromptOptions {
  /** trained prompts; default those that come with the backbone, else zero-shot */
  readonly checkpoint?: string | undefined;
  /** let the hard prompts classify where no checkpoint is named; default false */
  readonly zeroShot?: boolean | undefined;
}

/** Options of `openModel`. */
export interface ModelOptions extends PromptsOptions, RuntimeOptions {}

/** What counts as a face. */
export interface FaceOptions {
  /** pixels of the smallest face to look for; the default depends on the picture's size */
  readonly smallestFace?: number | undefined;
  /** least score of the detector, 0 to 1; default 0.35 */
  readonly faceScore?: number | undefined;
}

/** Work shared with `mpa-fer worker` over Redis. */
export interface SharedWorkOptions {
  /** address of the Redis server; default: nothing is shared */
  readonly redis?: string | undefined;
  /** where workers leave what they make: a folder or s3://BUCKET/PREFIX */
  readonly results?: string | undefined;
}

/** Options of `train`. */
export interface TrainOptions
  extends DatasetOptions,
    ReadingOptions,
    TrainDataOptions,
    MethodOptions,
    LearningOptions,
    RunFolderOptions,
    TrainingRuntimeOptions {
  /** go on from the run folder's last checkpoint; default false */
  readonly resume?: boolean | undefined;
  /** `run.json` whose run is repeated and compared */
  readonly replay?: string | undefined;
  /** folder that keeps frozen features for other runs */
  readonly featureCache?: string | undefined;
  /** checkpoint whose prompts the training starts from */
  readonly init?: string | undefined;
  /** images a micro-batch; default what memory allows and caches hold */
  readonly microBatch?: number | undefined;
  /** address of the Redis server over which steps are shared */
  readonly redis?: string | undefined;
  /** workers to ask for; default one less than a batch has micro-batches */
  readonly helpers?: number | undefined;
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends DatasetOptions, ReadingOptions, HardPromptOptions, TrainingRuntimeOptions {
  /** default `valid` */
  readonly split?: "train" | "valid" | "test" | undefined;
  /** score a model of other classes on those that it shares with the data; default false */
  readonly map?: boolean | undefined;
  /** fit a temperature on the validation split; default false */
  readonly calibrate?: boolean | undefined;
  /** file of the HTML report */
  readonly report?: string | undefined;
  /** least confidence of an answer, for selective accuracy */
  readonly abstain?: number | undefined;
  /** CSV of metadata whose groups are scored apart */
  readonly slices?: string | undefined;
  /** columns of it, with commas between; default all */
  readonly sliceBy?: string | undefined;
  /** smaller groups are counted, not scored; default 20 */
  readonly sliceLeast?: number | undefined;
  /** CSV of every image's label, prediction and probabilities */
  readonly predictions?: string | undefined;
  /** default true */
  readonly reportFaces?: boolean | undefined;
  /** trained prompts; without them zero-shot */
  readonly checkpoint?: string | undefined;
  /** images at a time; default 32 */
  readonly batchSize?: number | undefined;
}

/** Options of `predict`. */
export interface PredictOptions extends FaceOptions, PromptsOptions, SharedWorkOptions, TrainingRuntimeOptions {
  /** photographs, folders, patterns, videos */
  readonly files: string[];
  /** false: each image is one aligned face; default true */
  readonly detect?: boolean | undefined;
  /** seconds between the frames of a video; default 1 */
  readonly every?: number | undefined;
  /** images at a time; default 32 */
  readonly batchSize?: number | undefined;
}

/** Options of `explain`: faces in files, or of a data set, or a run. */
export interface ExplainOptions extends FaceOptions, HardPromptOptions, RuntimeOptions {
  /** photographs whose faces are explained */
  readonly files?: string[] | undefined;
  /** false: each image is one aligned face; default true */
  readonly detect?: boolean | undefined;
  /** run folder: its best checkpoint, data and backbone */
  readonly run?: string | undefined;
  readonly data?: string | undefined;
  readonly dataset?: string | undefined;
  readonly labelRule?: DatasetOptions["labelRule"];
  readonly limit?: number | undefined;
  readonly allowBad?: number | undefined;
  /** default `valid` */
  readonly split?: "train" | "valid" | "test" | undefined;
  /** trained prompts, side by side; default those that come with the backbone */
  readonly checkpoint?: string[] | undefined;
  /** whether zero-shot is explained too; default true */
  readonly zeroShot?: boolean | undefined;
  /** images of the split; default 16 */
  readonly images?: number | undefined;
  /** noisy copies of SmoothGrad; default 25 */
  readonly smooth?: number | undefined;
  /** its noise, as a share of the pixels' range; default 0.15 */
  readonly noise?: number | undefined;
  /** patches shown for each class; default the checkpoint's, else 16 */
  readonly topK?: number | undefined;
  /** steps of the deletion and insertion curves; default 20 */
  readonly steps?: number | undefined;
  /** images in the t-SNE; default 1000 */
  readonly points?: number | undefined;
  /** of the t-SNE; default 30 */
  readonly perplexity?: number | undefined;
  /** folder of pictures, explain.json and explain.html */
  readonly out?: string | undefined;
  /** default 1 */
  readonly seed?: number | undefined;
  /** images at a time; default 16 */
  readonly batchSize?: number | undefined;
}

/** Options of `ablate`. */
export interface AblateOptions
  extends DatasetOptions,
    ReadingOptions,
    TrainDataOptions,
    PromptOptions,
    PrototypeOptions,
    LearningOptions,
    RunFolderOptions,
    SharedWorkOptions,
    Omit<TrainingRuntimeOptions, "seed"> {
  /** the paper's Tables 1 to 4, or a sweep over `vary` */
  readonly table: ["components" | "prompts" | "prototypes" | "backbones" | "sweep"];
  /** `option=V,V,…` of a sweep */
  readonly vary?: string[] | undefined;
  /** a run a row for each; default 1, 2, 3 */
  readonly seeds?: number | string | number[] | undefined;
  /** what the best epochs are scored on; default `valid` */
  readonly split?: "train" | "valid" | "test" | undefined;
  /** also score the test split once, when every row is done; default false */
  readonly test?: boolean | undefined;
  /** rows of the table of backbones */
  readonly backbones?: string | string[] | undefined;
  /** images a micro-batch */
  readonly microBatch?: number | undefined;
}

/** Options of `bench`. */
export interface BenchOptions extends MethodOptions, TrainingRuntimeOptions {
  /** images a step; default 32 */
  readonly batchSize?: number | undefined;
  /** timed steps after one to warm up; default 10 */
  readonly steps?: number | undefined;
  /** default `both` */
  readonly work?: "both" | "train" | "predict" | undefined;
  /** default 8 */
  readonly classes?: number | undefined;
  /** also tell the time by operator and tower; default false */
  readonly profile?: boolean | undefined;
}

/** Options of `exportClassifier`. */
export interface ExportOptions extends ModelOptions {
  /** file, or folder of the other layouts; default expressions.onnx */
  readonly out?: string | undefined;
  /** one ONNX file, or a folder for @huggingface/transformers or for Triton; default `file` */
  readonly layout?: "file" | "transformers" | "triton" | undefined;
}

/** Options of `prepareDataset`. */
export interface PrepareOptions extends DatasetOptions, FaceOptions, Pick<RuntimeOptions, "provider" | "threads"> {
  /** folder of the faces, {train,valid,test}/CLASS/*.png */
  readonly out: string;
}

/** Options of `push`. */
export interface PushOptions {
  /** run folder */
  readonly run: string;
  /** OWNER/NAME on the hub; may be left out with `dryRun` */
  readonly repo?: string | undefined;
  /** whether a new repository is private; default false */
  readonly private?: boolean | undefined;
  /** licence of the prompts, as the hub writes it */
  readonly license?: string | undefined;
  /** of the commit */
  readonly message?: string | undefined;
  /** write into this folder instead of the hub */
  readonly dryRun?: string | undefined;
}

/** Options of `startServer`. */
export interface ServeOptions extends FaceOptions, PromptsOptions, RuntimeOptions {
  /** address to listen on; default 127.0.0.1 */
  readonly host?: string | undefined;
  /** 0: a free one; default 8086 */
  readonly port?: number | undefined;
  /** file with the token that requests have to bring */
  readonly tokenFile?: string | undefined;
  /** listen on other addresses without a token; default false */
  readonly insecure?: boolean | undefined;
  /** more host names, with commas between */
  readonly allowHost?: string | undefined;
  /** more origins, with commas between */
  readonly allowOrigin?: string | undefined;
  /** folder of run folders that the page shows */
  readonly runs?: string | undefined;
  /** pictures that may wait; default 64 */
  readonly queue?: number | undefined;
  /** milliseconds that a picture waits for others; default 4 */
  readonly batchWait?: number | undefined;
  /** images at a time; default 32 */
  readonly batchSize?: number | undefined;
}
