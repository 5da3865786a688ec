/**
 * Options of the library's functions: those of the commands of the same name, in camelCase and with the same defaults.
 * Terminal options (`--json`, `--quiet`) are omitted, because a function returns its result.
 */
import type { FaceOptions, HardPromptOptions, PromptsOptions, RuntimeOptions } from "../../faces/modelOptions.ts";
import type { FaceReadingOptions } from "../../faces/recognizer.ts";
import type {
  ClassificationLossOptions,
  DatasetOptions,
  LearningOptions,
  MethodOptions,
  PartOptions,
  PromptOptions,
  PrototypeOptions,
  ReadingOptions,
  RunFolderOptions,
  SharedWorkOptions,
  TrainDataOptions,
  TrainingRuntimeOptions,
} from "./optionGroups.ts";

/** Options of `openModel`. */
export interface ModelOptions extends PromptsOptions, RuntimeOptions {}

/** Options of `train`. */
export interface TrainOptions
  extends DatasetOptions,
    ReadingOptions,
    TrainDataOptions,
    MethodOptions,
    ClassificationLossOptions,
    LearningOptions,
    RunFolderOptions,
    TrainingRuntimeOptions {
  /** resume from the run folder's last checkpoint; default false */
  readonly resume?: boolean | undefined;
  /** `run.json` of a run to repeat and compare */
  readonly replay?: string | undefined;
  /** folder that caches frozen features across runs */
  readonly featureCache?: string | undefined;
  /** checkpoint with the initial prompts */
  readonly init?: string | undefined;
  /** images per micro-batch; default what fits into memory and CPU caches */
  readonly microBatch?: number | undefined;
  /** address of the Redis server through which steps are shared */
  readonly redis?: string | undefined;
  /** number of workers to request; default one fewer than the micro-batches of a batch */
  readonly helpers?: number | undefined;
}

/** Options of `evaluate`. */
export interface EvaluateOptions
  extends DatasetOptions,
    PartOptions,
    ReadingOptions,
    HardPromptOptions,
    TrainingRuntimeOptions {
  /** default `valid` */
  readonly split?: "train" | "valid" | "test" | undefined;
  /** evaluate a model with other classes on those shared with the data; default false */
  readonly map?: boolean | undefined;
  /** put the context of prompts trained with a unified context before the data's own class names; default false */
  readonly newClasses?: boolean | undefined;
  /** fit a temperature on the validation split; default false */
  readonly calibrate?: boolean | undefined;
  /** path of the HTML report */
  readonly report?: string | undefined;
  /** minimum confidence of an answer, for selective accuracy */
  readonly abstain?: number | undefined;
  /** CSV of metadata whose groups are evaluated separately */
  readonly slices?: string | undefined;
  /** columns of `slices`, comma-separated; default all */
  readonly sliceBy?: string | undefined;
  /** minimum size of a group that is scored; smaller ones are only counted; default 20 */
  readonly sliceLeast?: number | undefined;
  /** CSV of every image's label, prediction and probabilities */
  readonly predictions?: string | undefined;
  /** default true */
  readonly reportFaces?: boolean | undefined;
  /** trained prompts; default zero-shot */
  readonly checkpoint?: string | undefined;
  /** images per batch; default 32 */
  readonly batchSize?: number | undefined;
}

/** Options of `predict`. */
export interface PredictOptions
  extends FaceOptions,
    FaceReadingOptions,
    PromptsOptions,
    SharedWorkOptions,
    TrainingRuntimeOptions {
  /** photographs, folders, glob patterns, videos */
  readonly files: string[];
  /** false: each image is one aligned face; default true */
  readonly detect?: boolean | undefined;
  /** seconds between frames of a video; default 0.2 */
  readonly every?: number | undefined;
  /** time constant in seconds over which the probabilities of a face in a video are smoothed; default 0.5, 0: not at all */
  readonly smoothing?: number | undefined;
  /** images per batch; default 32 */
  readonly batchSize?: number | undefined;
}

/** Options of `explain`: faces in files, in a data set, or of a run. */
export interface ExplainOptions extends FaceOptions, HardPromptOptions, RuntimeOptions {
  /** photographs whose faces are explained */
  readonly files?: string[] | undefined;
  /** false: each image is one aligned face; default true */
  readonly detect?: boolean | undefined;
  /** run folder, for its best checkpoint, data and backbone */
  readonly run?: string | undefined;
  readonly data?: string | undefined;
  readonly dataset?: string | undefined;
  readonly labelRule?: DatasetOptions["labelRule"];
  readonly limit?: number | undefined;
  readonly allowBad?: number | undefined;
  /** default `valid` */
  readonly split?: "train" | "valid" | "test" | undefined;
  /** trained prompts, shown side by side; default those supplied with the backbone */
  readonly checkpoint?: string[] | undefined;
  /** whether zero-shot is explained as well; default true */
  readonly zeroShot?: boolean | undefined;
  /** number of images from the split; default 16 */
  readonly images?: number | undefined;
  /** number of noisy copies of SmoothGrad; default 25 */
  readonly smooth?: number | undefined;
  /** noise of SmoothGrad as a fraction of the pixel range; default 0.15 */
  readonly noise?: number | undefined;
  /** patches shown per class; default the checkpoint's, else 16 */
  readonly topK?: number | undefined;
  /** steps of the deletion and insertion curves; default 20 */
  readonly steps?: number | undefined;
  /** images in the t-SNE plot; default 1000 */
  readonly points?: number | undefined;
  /** perplexity of the t-SNE plot; default 30 */
  readonly perplexity?: number | undefined;
  /** folder for images, explain.json and explain.html */
  readonly out?: string | undefined;
  /** default 1 */
  readonly seed?: number | undefined;
  /** images per batch; default 16 */
  readonly batchSize?: number | undefined;
}

/** Options of `ablate`. */
export interface AblateOptions
  extends DatasetOptions,
    ReadingOptions,
    TrainDataOptions,
    PromptOptions,
    PrototypeOptions,
    ClassificationLossOptions,
    LearningOptions,
    RunFolderOptions,
    SharedWorkOptions,
    Omit<TrainingRuntimeOptions, "seed"> {
  /** one of the paper's Tables 1 to 4, a comparison with baselines, or a sweep over `vary` */
  readonly table: ["components" | "prompts" | "prototypes" | "backbones" | "baselines" | "sweep"];
  /** rows of the table of baselines */
  readonly methods?: string | string[] | undefined;
  /** `option=V,V,…` of a sweep */
  readonly vary?: string[] | undefined;
  /** one run per row and seed; default 1, 2, 3 */
  readonly seeds?: number | string | number[] | undefined;
  /** split on which the best epochs are evaluated; default `valid` */
  readonly split?: "train" | "valid" | "test" | undefined;
  /** also evaluate the test split once all rows are done; default false */
  readonly test?: boolean | undefined;
  /** rows of the backbone table */
  readonly backbones?: string | string[] | undefined;
  /** images per micro-batch */
  readonly microBatch?: number | undefined;
}

/** Options of `protocol`. */
export interface ProtocolOptions
  extends DatasetOptions,
    ReadingOptions,
    Omit<TrainDataOptions, "fold">,
    MethodOptions,
    ClassificationLossOptions,
    LearningOptions,
    RunFolderOptions,
    SharedWorkOptions,
    Omit<TrainingRuntimeOptions, "seed">,
    Pick<AblateOptions, "seeds" | "split" | "microBatch"> {
  readonly protocol: ["few-shot" | "base-to-new" | "cross-data" | "leave-one-class-out" | "k-fold"];
  /** few-shot: training images per class; default 1, 2, 4, 8, 16 */
  readonly shots?: number | string | number[] | undefined;
  /** cross-data: `KIND=DIR` of the other data sets */
  readonly also?: string[] | undefined;
  /** k-fold: number of folds; default 10 */
  readonly folds?: number | undefined;
}

/** Options of `reproduce`. */
export interface ReproduceOptions
  extends Pick<TrainOptions, "data" | "backbone" | "epochs" | "limit" | "validLimit" | "paperProtocol" | "out">,
    Pick<TrainOptions, "precision" | "provider" | "threads" | "memory">,
    Pick<AblateOptions, "seeds"> {
  /** data set, whose settings and figures in the paper are used */
  readonly set: ["raf-db" | "ferplus" | "affectnet-7" | "affectnet-8"];
  /** split on which the best epochs are evaluated; default `test` */
  readonly split?: "test" | "valid" | undefined;
}

/** Options of `figures`. */
export interface FiguresOptions {
  /** folder of a run, an ablation, a protocol or an explanation, or the JSON file of an evaluation */
  readonly source: [string];
  /** some of `svg`, `pdf`, `png`, `tex`, `csv`, `md`; default svg, tex, csv, md */
  readonly format?: string | string[] | undefined;
  /** font that PDFs embed; default Helvetica, not embedded */
  readonly font?: string | undefined;
  /** folder of the figures; default `figures` in the folder or beside the file */
  readonly out?: string | undefined;
}

/** Options of `verify`. */
export interface VerifyOptions extends Pick<RuntimeOptions, "backbone" | "provider" | "threads"> {
  /** COCO's val2017/000000039769.jpg */
  readonly image?: string | undefined;
}

/** Options of `bench`. */
export interface BenchOptions extends MethodOptions, TrainingRuntimeOptions {
  /** images per step; default 32 */
  readonly batchSize?: number | undefined;
  /** timed steps after one warm-up step; default 10 */
  readonly steps?: number | undefined;
  /** default `both` */
  readonly work?: "both" | "train" | "predict" | undefined;
  /** what a training step is fed: pixels, or whole pictures that its graph augments; default `pixels` */
  readonly images?: "pixels" | "pictures" | undefined;
  /** default 8 */
  readonly classes?: number | undefined;
  /** file for a report to compare with other machines */
  readonly report?: string | undefined;
  /** also report the time by operator and encoder; default false */
  readonly profile?: boolean | undefined;
}

/** Options of `exportClassifier`. */
export interface ExportOptions extends ModelOptions {
  /** output file, or folder for the other layouts; default expressions.onnx */
  readonly out?: string | undefined;
  /** one ONNX file, or a folder for @huggingface/transformers or for Triton; default `file` */
  readonly layout?: "file" | "transformers" | "triton" | undefined;
}

/** Options of `prepareDataset`. */
export interface PrepareOptions extends DatasetOptions, FaceOptions, Pick<RuntimeOptions, "provider" | "threads"> {
  /** output folder, {train,valid,test}/CLASS/*.png */
  readonly out: string;
}

/** Options of `push`. */
export interface PushOptions {
  /** run folder */
  readonly run: string;
  /** OWNER/NAME on the hub; optional with `dryRun` */
  readonly repo?: string | undefined;
  /** whether a new repository is private; default false */
  readonly private?: boolean | undefined;
  /** licence of the prompts, as the hub spells it */
  readonly license?: string | undefined;
  /** commit message */
  readonly message?: string | undefined;
  /** write into this folder instead of uploading */
  readonly dryRun?: string | undefined;
}

/** Options of `startServer`. */
export interface ServeOptions extends FaceOptions, FaceReadingOptions, PromptsOptions, RuntimeOptions {
  /** address to listen on; default 127.0.0.1 */
  readonly host?: string | undefined;
  /** port; 0 selects a free one; default 8086 */
  readonly port?: number | undefined;
  /** file with the token that requests must send */
  readonly tokenFile?: string | undefined;
  /** allow other addresses without a token; default false */
  readonly insecure?: boolean | undefined;
  /** additional host names, comma-separated */
  readonly allowHost?: string | undefined;
  /** additional origins, comma-separated */
  readonly allowOrigin?: string | undefined;
  /** folder of run folders shown on the page */
  readonly runs?: string | undefined;
  /** maximum number of pictures waiting; default 64 */
  readonly queue?: number | undefined;
  /** milliseconds that a picture waits for others to batch with; default 4 */
  readonly batchWait?: number | undefined;
  /** images per batch; default 32 */
  readonly batchSize?: number | undefined;
}
