/** `run.json`: what was run, on what, with which result; enough to repeat it. */

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
import type { RunInputs } from "./openRun.ts";
import { textsHash } from "./replay.ts";

export interface ManifestParts {
  readonly inputs: RunInputs;
  /** images a run of a session took */
  readonly microBatch: number;
  readonly state: FitState<unknown>;
  /** of the best epoch's prompts on the split that it was chosen on */
  readonly metrics?: Metrics;
  /** 95 % intervals of its accuracy and UAR */
  readonly intervals?: HeadlineIntervals;
  /** of the test split with this run's checkpoints, until now */
  readonly openings: readonly TestEvaluation[];
  readonly finished: boolean;
  readonly seconds: number;
  /** of a finished run: hashes of the tensors of its two checkpoints */
  readonly bits?: { readonly last: string; readonly best: string };
  /** which callback ended it before its time, and why */
  readonly stop?: StopRequest;
}

export function manifest(parts: ManifestParts): RunRecord {
  const { inputs, microBatch, state, metrics, intervals, finished, seconds, openings, bits, stop } = parts;
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
    best: state.best,
    metrics,
    intervals,
    seconds,
    bits,
  };
}

/** Learned values, and their bytes in half precision as Table 4 counts them. */
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
