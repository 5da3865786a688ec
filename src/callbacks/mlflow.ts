/**
 * A run in MLflow: parameters, curves, and at the end its checkpoint. Nothing waits for the server while the run goes, and a
 * server that fails costs a warning: what it missed is kept, and sent when it is back.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { selectionSplit } from "../data/selectionSplit.ts";
import { messageOf } from "../errors.ts";
import { scalarTags } from "../evaluation/scalarTags.ts";
import { readJson, writeFileAtomic } from "../files.ts";
import { type Patience, patience as usualPatience } from "../patientFetch.ts";
import { MlflowSending } from "./mlflowSending.ts";
import { MlflowServer, type MlflowStatus } from "./mlflowServer.ts";
import { recordedSteps } from "./recordedSteps.ts";
import type { RunEnd, RunStart, TrainerCallback } from "./trainerCallback.ts";

/** How runs are logged to a tracking server. */
export interface MlflowOptions {
  /** default: `mpa-fer` */
  readonly experiment?: string;
  /** hears when the server fails, once, and what it missed in the end */
  readonly notice?: (line: string) => void;
  readonly patience?: Patience;
}

/** Names the run at the server, for a training that goes on. */
const runFile = "mlflow.json";
const runFileSchema = z.object({ url: z.string(), runId: z.string(), artifactUri: z.string() });

const statusOf = { finished: "FINISHED", stopped: "FINISHED", interrupted: "KILLED", failed: "FAILED" } as const;

/** Logs to the tracking server at `url`, such as `http://127.0.0.1:5000`. */
export function mlflowCallback(url: string, options: MlflowOptions = {}): TrainerCallback {
  const server = new MlflowServer(url, options.patience ?? usualPatience);
  let run: RunStart | undefined;
  let sending: MlflowSending | undefined;
  let isRecorded = recordedSteps(0);
  const add = (step: number, values: Readonly<Record<string, number>>) => {
    const timestamp = Date.now();
    // MLflow's names have no brackets.
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
          if (!(await server.putArtifact({ runId, artifactUri }, name, new Uint8Array(await readFile(file))))) break;
        }
        await server.setStatus(runId, statusOf[status] satisfies MlflowStatus);
      });
    },
  };
}

/** Goes on with the run that the folder names, else makes one and writes its name into the folder. */
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
  { key: "mpa-fer.classes", value: classes.join(", ") },
];

/** The run's options; what was left out has no value. */
const paramsOf = ({ config }: RunStart) =>
  Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: String(value) }]));
