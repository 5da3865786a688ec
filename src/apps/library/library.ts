/** Library functions: the commands of the same name, which take plain option objects and return their results. */
import { modelOptions } from "../../faces/options.node.ts";
import { openModel as openConfigured } from "../../method/model.node.ts";
import type { Model } from "../../method/model.ts";
import type { RunContext } from "../../platform/context.ts";
import { contextOf } from "../../platform/context.ts";
import type { CommandSchema } from "../../platform/options/option.ts";
import { parseOptions } from "../../platform/options/parse.ts";
import { type AblationResult, ablate as runAblation } from "../../runs/ablate/ablate.ts";
import { ablateSchema } from "../../runs/ablate/options.ts";
import { type BenchResult, bench as runBench } from "../../runs/bench/bench.ts";
import { benchSchema } from "../../runs/bench/options.ts";
import { type EvaluationResult, evaluate as runEvaluation } from "../../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";
import { type Explanation, explain as runExplanation } from "../../runs/explain/explain.ts";
import { explainSchema } from "../../runs/explain/options.ts";
import { type FiguresResult, writeFigures } from "../../runs/figures/figures.ts";
import { figuresSchema } from "../../runs/figures/options.ts";
import { trainSchema } from "../../runs/options.ts";
import { protocolSchema } from "../../runs/protocols/options.ts";
import { type ProtocolResult, runProtocol } from "../../runs/protocols/protocol.ts";
import { train as runTraining, type TrainContext, type TrainingResult } from "../../runs/train/train.ts";
import { type ExportResult, exportClassifier as runExport } from "../export/export.ts";
import { exportSchema } from "../export/options.ts";
import type { FilePrediction, Predictions } from "../predict/filePrediction.ts";
import { predictSchema, prepareSchema } from "../predict/options.ts";
import { openPredictions as openStream, predict as runPrediction } from "../predict/predict.ts";
import { type PreparedDataset, prepareDataset as runPreparation } from "../predict/prepare.ts";
import { pushSchema } from "../push/options.ts";
import { type PushResult, push as runPush } from "../push/push.ts";
import { reproduceSchema } from "../reproduce/options.ts";
import { type ReproductionResult, reproduce as runReproduction } from "../reproduce/reproduce.ts";
import { serveSchema } from "../serve/options.ts";
import { type RunningServer, startServer as runServer } from "../serve/server.ts";
import { verifySchema } from "../verify/options.ts";
import { verify as runVerification, type Verification } from "../verify/verify.ts";
import type {
  AblateOptions,
  BenchOptions,
  EvaluateOptions,
  ExplainOptions,
  ExportOptions,
  FiguresOptions,
  ModelOptions,
  PredictOptions,
  PrepareOptions,
  ProtocolOptions,
  PushOptions,
  ReproduceOptions,
  ServeOptions,
  TrainOptions,
  VerifyOptions,
} from "./options.ts";

/**
 * Trains prompts on a data set, validates after each epoch and writes a run folder. Throws USAGE for invalid options,
 * INTERRUPTED after a clean stop by the signal, NUMERIC if a loss or gradient is not finite, and the errors of data set and
 * backbone.
 *
 * @example
 * ```ts
 * const { out, metrics } = await train({ data: "faces", dataset: "folder", variant: "mpa", epochs: 20, out: "runs/mine" });
 * console.log(out, metrics?.accuracy);
 * ```
 */
export const train = async (options: TrainOptions, context: TrainContext = {}): Promise<TrainingResult> =>
  runTraining(parseOptions("train", trainSchema, options, "TrainOptions"), context);

const modelSchema = { options: modelOptions, config: modelOptions } satisfies CommandSchema<unknown>;

/**
 * Opens a backbone with prompts: trained ones, those supplied with the backbone, or zero-shot. Classifiers and explainers of
 * aligned faces are opened from the result. Throws USAGE, NOT_FOUND, WEIGHTS, MODEL, CHECKPOINT, CONFIG.
 */
export const openModel = async (options: ModelOptions = {}, context: RunContext = {}): Promise<Model> =>
  openConfigured(parseOptions("openModel", modelSchema, options, "ModelOptions"), context);

/**
 * Evaluates trained prompts, or zero-shot, on one split. Throws USAGE, INTERRUPTED, and the errors of data set, backbone and
 * checkpoint.
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluate({ data: "faces", dataset: "folder", checkpoint: "runs/mine/best.safetensors" });
 * console.log(evaluation.accuracy, evaluation.uar);
 * ```
 */
export const evaluate = async (options: EvaluateOptions, context: RunContext = {}): Promise<EvaluationResult> =>
  runEvaluation(parseOptions("evaluate", evaluateSchema, options, "EvaluateOptions"), context);

/**
 * Predicts the expressions of all faces in photographs, folders, glob patterns and videos, in order. An unreadable picture
 * has an `error`. Throws USAGE, NOT_FOUND if a folder or pattern has no picture, and the errors of backbone and checkpoint.
 */
export const predict = async (options: PredictOptions, context: RunContext = {}): Promise<FilePrediction[]> =>
  runPrediction(parseOptions("predict", predictSchema, options, "PredictOptions"), context);

/** Streams predictions for more pictures than fit into memory. Dispose of the stream when done. Throws as `predict`. */
export const openPredictions = async (options: PredictOptions, context: RunContext = {}): Promise<Predictions> =>
  openStream(parseOptions("predict", predictSchema, options, "PredictOptions"), context);

/**
 * Explains predictions with saliency maps, patches and t-SNE, as images, an HTML page and JSON. Throws USAGE, WRITE, and as
 * `openModel` does.
 */
export const explain = async (options: ExplainOptions, context: RunContext = {}): Promise<Explanation> =>
  runExplanation(parseOptions("explain", explainSchema, options, "ExplainOptions"), context);

/** Runs one of the paper's Tables 1 to 4 or a sweep, one run per cell; finished cells are not repeated. Throws as `train`. */
export const ablate = async (options: AblateOptions, context: RunContext = {}): Promise<AblationResult> =>
  runAblation(parseOptions("ablate", ablateSchema, options, "AblateOptions"), context);

/**
 * Trains and scores what a protocol of the field asks for: few-shot, base-to-new, cross-data, leave-one-class-out, k-fold. Finished
 * cells are not repeated. Throws as `train` and `evaluate` do.
 *
 * @example
 * ```ts
 * const { rows, out } = await protocol({ protocol: ["few-shot"], shots: [1, 2, 4], data: "DIR", dataset: "folder" });
 * for (const { name, scores } of rows) console.log(name, scores[0].accuracy.mean);
 * ```
 */
export const protocol = async (options: ProtocolOptions, context: RunContext = {}): Promise<ProtocolResult> =>
  runProtocol(parseOptions("protocol", protocolSchema, options, "ProtocolOptions"), context);

/**
 * Trains with the paper's settings on one of its data sets, scores the result beside the paper's figure, and writes a record of it.
 * Finished seeds are not repeated. Throws as `verify`, `train` and `evaluate` do.
 *
 * @example
 * ```ts
 * const { record } = await reproduce({ set: ["raf-db"], data: "DIR", seeds: [1, 2, 3] });
 * console.log(record.accuracy.mean, record.difference);
 * ```
 */
export const reproduce = async (options: ReproduceOptions, context: RunContext = {}): Promise<ReproductionResult> =>
  runReproduction(parseOptions("reproduce", reproduceSchema, options, "ReproduceOptions"), context);

/**
 * Writes the figures, tables and methods text of a run, an ablation, a protocol, an explanation or an evaluation for a paper. Throws
 * USAGE, NOT_FOUND, CHECKPOINT, DATASET, RUNTIME if pdfkit is missing, IMAGE for its font, WRITE and INTERRUPTED.
 *
 * @example
 * ```ts
 * const { out, figures: written } = await figures({ source: ["runs/mine"], format: ["pdf", "tex"] });
 * for (const { name, caption } of written) console.log(out, name, caption);
 * ```
 */
export const figures = async (options: FiguresOptions, context: RunContext = {}): Promise<FiguresResult> =>
  writeFigures(parseOptions("figures", figuresSchema, options, "FiguresOptions"), context);

/** Checks a backbone against published facts. Throws USAGE, NOT_FOUND, ACCESS, NETWORK, RUNTIME, IMAGE, INTERRUPTED. */
export const verify = async (options: VerifyOptions = {}, context: RunContext = {}): Promise<Verification> =>
  runVerification(parseOptions("verify", verifySchema, options, "VerifyOptions"), context);

/** Measures images per second of training and prediction on this machine. Throws USAGE, RUNTIME, MEMORY. */
export const bench = async (options: BenchOptions = {}, context: RunContext = {}): Promise<BenchResult> =>
  runBench(parseOptions("bench", benchSchema, options, "BenchOptions"), context);

/**
 * Exports a classifier of aligned faces as ONNX, with prompts and labels embedded. Throws USAGE, WRITE, and as `openModel`
 * does.
 */
export const exportClassifier = async (options: ExportOptions = {}, context: RunContext = {}): Promise<ExportResult> =>
  runExport(parseOptions("export", exportSchema, options, "ExportOptions"), context);

/** Crops the faces of a data set's photographs into class folders. Throws USAGE, DATASET, WRITE, INTERRUPTED. */
export const prepareDataset = async (options: PrepareOptions, context: RunContext = {}): Promise<PreparedDataset> =>
  runPreparation(parseOptions("prepare", prepareSchema, options, "PrepareOptions"), context);

/** Uploads a run's prompts and model card to the Hugging Face hub. Throws USAGE, NETWORK, ACCESS, NOT_FOUND. */
export const push = async (options: PushOptions, context: RunContext = {}): Promise<PushResult> =>
  runPush(parseOptions("push", pushSchema, options, "PushOptions"), context);

/** Starts the HTTP API and web page. Throws USAGE, ACCESS for an invalid token, RUNTIME if the port is in use. */
export const startServer = async (options: ServeOptions = {}, context: RunContext = {}): Promise<RunningServer> =>
  runServer(parseOptions("serve", serveSchema, options, "ServeOptions"), contextOf(context).notice);
