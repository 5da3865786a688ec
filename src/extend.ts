/**
 * What plugins and callbacks are made of: data sets, samplers, loss terms, optimisers, schedules, architectures, baselines, output formats, and events of a run.
 *
 * @module mpa-fer/extend
 */
export {
  addPlugin,
  loadPlugin,
  type Plugin,
  type PluginDefinition,
  type PluginTools,
  removePlugin,
} from "./apps/plugins.ts";
export type { PredictionFormat, PredictionText } from "./apps/predict/formats.ts";
export type { Architecture } from "./clip/architecture.ts";
export type { LabelledSource, LoadOptions, TrainingDefaults } from "./data/dataset.node.ts";
export type { Sample, Split, SplitName } from "./data/sample.ts";
export type { Sampler, SamplingRequest } from "./data/samplers.ts";
export type { Tensor } from "./graph/tensor.ts";
export type { Baseline, BaselineInputs, BaselineModel, BaselineTask, SavedModel } from "./method/baselines/baseline.ts";
export type { ImageLossInputs, LossOptions, LossTerm, TextLossInputs } from "./method/losses.ts";
export type { Gradients, Optimiser, OptimiserKind, OptimiserOptions, OptimiserState } from "./method/optimiser.ts";
export type { ScheduleKind } from "./method/schedule.ts";
export type {
  CheckpointWritten,
  EpochEnd,
  RunControl,
  RunEnd,
  RunSettings,
  RunStart,
  TrainerCallback,
  TrainerEvents,
} from "./runs/callbacks/callbacks.ts";
export { type MlflowOptions, mlflowCallback } from "./runs/callbacks/mlflow.ts";
export { tensorboardCallback } from "./runs/callbacks/tensorboard.ts";
