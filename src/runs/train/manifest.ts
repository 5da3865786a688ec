/** Manifest of a run, `run.json`, with everything needed to repeat it. */
import { hashIndex } from "../../data/datasets.node.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { selectionLabel, selectionSplit } from "../../data/sample.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { elements } from "../../graph/tensor.ts";
import type { FitState } from "../../method/fit.ts";
import type { Prompts } from "../../method/prompts.ts";
import { machine, versions } from "../../platform/package.node.ts";
import { activePlugins } from "../../platform/registry.ts";
import type { StopRequest } from "../callbacks/callbacks.ts";
import { openingsByData, type RunRecord, type TestEvaluation } from "../manifest.ts";
import { recordedConfig } from "../optionRoles.ts";
import { textsHash } from "./fingerprint.ts";
import type { RunInputs } from "./openRun.ts";

/** Facts about a run that its manifest records. */
export interface ManifestParts {
  readonly inputs: RunInputs;
  /** images per micro-batch */
  readonly microBatch: number;
  readonly adapter?: string | undefined;
  /** nodes of the step's graphs by provider */
  readonly nodes?: Readonly<Record<string, number>> | undefined;
  readonly state: FitState<unknown>;
  /** metrics of the best epoch on the split used for model selection */
  readonly metrics?: Metrics;
  /** 95 % confidence intervals of its accuracy and UAR */
  readonly intervals?: HeadlineIntervals;
  /** evaluations of the test split with this run's checkpoints so far */
  readonly openings: readonly TestEvaluation[];
  readonly finished: boolean;
  /** ISO 8601, UTC */
  readonly startedAt: string | undefined;
  readonly seconds: number;
  /** hashes of the tensors of both checkpoints, for a finished run */
  readonly bits?: { readonly last: string; readonly best: string };
  /** callback that stopped the run early, or `--patience`, which ended it, and the reason */
  readonly stop?: StopRequest;
}

/** Manifest of a run in its current state. */
export function manifest(parts: ManifestParts): RunRecord {
  const { inputs, microBatch, state, metrics, intervals, finished, startedAt, seconds, openings, bits, stop } = parts;
  const { config, backbone, setup, train, valid } = inputs;
  const selection = selectionSplit(config.paperProtocol);
  const plugins = activePlugins.all.map(({ name, sha256 }) => ({ name, sha256 }));
  return {
    format: "mpa-fer-run/1",
    finished,
    stopped: stop,
    config: recordedConfig(config),
    seed: config.seed,
    versions: versions(),
    ...(plugins.length > 0 && { plugins }),
    machine: machine(),
    provider: config.provider,
    adapter: parts.adapter,
    nodes: parts.nodes,
    microBatch,
    backbone: { name: backbone.name, sha256: backbone.sha256 },
    data: { train: splitRecord(train), [selection]: splitRecord(valid) },
    selection,
    protocol: selectionLabel(selection),
    testSplitRead: selection === "test" || openingsByData(openings).own.length > 0,
    testSplit: { openings },
    texts: {
      soft: setup.soft.texts,
      hard: setup.hard?.texts,
      sha256: textsHash(setup),
    },
    learned: learnedSize(state.prompts),
    steps: state.step,
    epochs: state.epoch,
    ...(state.lossScale && { lossScale: { scale: state.lossScale.scale, skipped: state.lossScale.skipped } }),
    best: state.best,
    metrics,
    intervals,
    startedAt,
    seconds,
    bits,
  };
}

/** Number of trainable parameters, and their size in bytes: in single precision, and in half precision as in the paper's Table 4. */
function learnedSize(prompts: Prompts): RunRecord["learned"] {
  const parameters = Object.values(prompts).reduce((sum, { shape }) => sum + elements(shape), 0);
  return { parameters, bytes: 4 * parameters, tableBytes: 2 * parameters };
}

function splitRecord({ split, bad: { files } }: ImageSource): RunRecord["data"][string] {
  const { samples, classes, leftOut, leftOutBy, passedOver } = split;
  const counts = Object.fromEntries(
    classes.map((name, c) => [name, samples.filter(({ label }) => label === c).length]),
  );
  return {
    images: samples.length,
    counts,
    leftOut,
    ...(leftOutBy && { leftOutBy }),
    ...(passedOver && { passedOver }),
    unreadable: files.length,
    unreadableFiles: files,
    index: hashIndex(split),
  };
}
