/**
 * MLflow logging: parameters, curves, and the checkpoint at the end of the run. Requests run in the background. If the server fails, the
 * callback warns once, buffers the metrics, and sends them when the server answers again.
 */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { selectionSplit } from "../../data/sample.ts";
import { messageOf } from "../../platform/errors.ts";
import { readBytes, readJson, writeFileAtomic } from "../../platform/files.node.ts";
import { type Patience, patience as usualPatience } from "../../platform/network.node.ts";
import { type RunEnd, type RunStart, recordedSteps, type TrainerCallback } from "./callbacks.ts";
import { type MlflowMetric, type MlflowRun, MlflowServer, type MlflowStatus, maxMetrics } from "./mlflowServer.ts";
import { scalarTags } from "./tensorboard.ts";

/** Options of MLflow logging. */
export interface MlflowOptions {
  /** name of the experiment; default: `mpa-fer` */
  readonly experiment?: string;
  /** receives a warning when the server first fails, and the number of missing values at the end */
  readonly notice?: (line: string) => void;
  /** @internal waiting times between attempts */
  readonly patience?: Patience;
}

/** Callback that logs to the tracking server at `url`, such as `http://127.0.0.1:5000`. */
export function mlflowCallback(url: string, options: MlflowOptions = {}): TrainerCallback {
  const server = new MlflowServer(url, options.patience ?? usualPatience);
  let run: RunStart | undefined;
  let sending: MlflowSending | undefined;
  let isRecorded = recordedSteps(0);
  const add = (step: number, values: Readonly<Record<string, number>>) => {
    const timestamp = Date.now();
    // MLflow does not allow parentheses in names.
    const metrics = Object.entries(values).map(([name, value]) => ({ key: name.replaceAll(/[()]/g, ""), value }));
    sending?.add(metrics.map((metric) => ({ ...metric, timestamp, step })));
  };
  const selection = () => selectionSplit(run?.config.paperProtocol ?? false);
  return {
    name: "MLflow",
    onRunStart: (start) => {
      run = start;
      isRecorded = recordedSteps(start.steps);
      sending = new MlflowSending(server, () => openMlflowRun(server, start, options.experiment), options.notice);
    },
    onStep: ({ losses, ...step }) => {
      if (isRecorded(step.step)) add(step.step, scalarTags({ kind: "step", ...step, ...losses }, selection()));
    },
    onEpochEnd: ({ losses, ...epoch }) =>
      add(epoch.step, scalarTags({ kind: "epoch", ...epoch, ...losses }, selection())),
    onRunEnd: async ({ status, step, metrics, reason }: RunEnd) => {
      if (metrics) add(step, { "best/accuracy": metrics.accuracy, "best/uar": metrics.uar, "best/ece": metrics.ece });
      await sending?.end(async ({ runId, artifactUri }) => {
        if (reason !== undefined) await server.setTag(runId, { key: "mpa-fer.reason", value: reason });
        for (const name of ["run.json", "metrics.jsonl", "best.safetensors"]) {
          const file = join(run?.out ?? "", name);
          if (!existsSync(file)) continue;
          const bytes = await readBytes(file, { root: run?.out });
          if (!(await server.putArtifact({ runId, artifactUri }, name, new Uint8Array(bytes)))) break;
        }
        await server.setStatus(runId, statusOf[status] satisfies MlflowStatus);
      });
    },
  };
}

/** Buffer of metrics, sent to MLflow in the background and flushed at the end of the run. */
export class MlflowSending {
  readonly #server: MlflowServer;
  readonly #open: () => Promise<MlflowRun>;
  readonly #notice: (line: string) => void;
  readonly #waiting: MlflowMetric[] = [];
  #run: MlflowRun | undefined;
  #working: Promise<unknown> | undefined;
  #notBefore = 0;
  #hasWarned = false;

  /** `open` creates or resumes the server's run; it is retried until it succeeds. */
  constructor(server: MlflowServer, open: () => Promise<MlflowRun>, notice: (line: string) => void = () => undefined) {
    this.#server = server;
    this.#open = open;
    this.#notice = notice;
  }

  /** Buffers metrics and returns immediately. */
  add(metrics: readonly MlflowMetric[]): void {
    this.#waiting.push(...metrics);
    if (this.#working !== undefined || performance.now() < this.#notBefore) return;
    this.#notBefore = performance.now() + pause;
    this.#working = this.#send()
      .catch((error) => this.#warn(error))
      .finally(() => {
        this.#working = undefined;
      });
  }

  /** Sends the remaining metrics, then calls `last`. Reports the missing values if the server does not answer. */
  async end(last: (run: MlflowRun) => Promise<void>): Promise<void> {
    await this.#working;
    try {
      await last(await this.#send());
    } catch (error) {
      this.#warn(error);
      const left = this.#waiting.length;
      this.#notice(`MLflow: the end of the run is not logged (${left} values missing); metrics.jsonl has all of them`);
    }
  }

  async #send(): Promise<MlflowRun> {
    this.#run ??= await this.#open();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, maxMetrics);
      await this.#server.logMetrics(this.#run.runId, batch);
      this.#waiting.splice(0, batch.length);
    }
    return this.#run;
  }

  #warn(error: unknown): void {
    this.#notBefore = performance.now() + pauseAfterFailure;
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#notice(`MLflow: ${messageOf(error)}: the run goes on, and what was missed is sent when the server answers`);
  }
}

/** Minimum interval between two requests, milliseconds. */
const pause = 5_000;
/** Delay after a failed request, milliseconds. */
const pauseAfterFailure = 30_000;

/** File in the run folder that holds the server's run id, so that a resumed training continues the same run. */
const runFile = "mlflow.json";
const runFileSchema = z.object({ url: z.string(), runId: z.string(), artifactUri: z.string() });

const statusOf = { finished: "FINISHED", stopped: "FINISHED", interrupted: "KILLED", failed: "FAILED" } as const;

/** Continues the server's run recorded in the folder, or creates one and records it there. */
async function openMlflowRun(server: MlflowServer, start: RunStart, experiment = "mpa-fer") {
  const file = join(start.out, runFile);
  const known = existsSync(file) ? await readJson(file, runFileSchema, "CONFIG").catch(messageOf) : undefined;
  if (typeof known === "object" && known.url === server.url && start.stepsDone > 0) {
    await server.setStatus(known.runId, "RUNNING");
    return known;
  }
  const run = await server.createRun(await server.experiment(experiment), basename(resolve(start.out)), tagsOf(start));
  await server.logParams(run.runId, paramsOf(start));
  await writeFileAtomic(file, `${JSON.stringify({ url: server.url, ...run })}\n`);
  return run;
}

const tagsOf = ({ backbone, classes }: RunStart) => [
  { key: "mlflow.source.name", value: "mpa-fer" },
  { key: "mpa-fer.backbone", value: backbone.name },
  { key: "mpa-fer.backbone.sha256", value: backbone.sha256 },
  { key: "mpa-fer.classes", value: JSON.stringify(classes) },
];

/** Parameters to log: the options that have a value. */
const paramsOf = ({ config }: RunStart) =>
  Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: String(value) }]));
