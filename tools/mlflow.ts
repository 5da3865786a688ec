/**
 * Test against a real MLflow tracking server that is killed and restarted while a training logs to it.
 *
 *   python -m venv DIR && DIR/bin/pip install mlflow
 *   MPA_FER_MLFLOW_PYTHON=DIR/bin/python npx tsx tools/mlflow.ts docs/records/mlflow.json
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { readText, writeFileAtomic } from "../src/platform/files.node.ts";
import { trainSchema } from "../src/runs/options.ts";
import { readRecords } from "../src/runs/runFolder.ts";
import { train } from "../src/runs/train/train.ts";
import { drawnFolder } from "../test/drawnFolder.ts";

const python = process.env.MPA_FER_MLFLOW_PYTHON;
const [record = "docs/records/mlflow.json"] = process.argv.slice(2);
if (python === undefined) throw new Error("MPA_FER_MLFLOW_PYTHON has to name a Python with mlflow");

const keyed = z.array(z.object({ key: z.string() }));
const runSchema = z.object({
  run: z.object({ info: z.object({ status: z.string() }), data: z.object({ params: keyed, metrics: keyed }) }),
});
const historySchema = z.object({ metrics: z.array(z.object({ step: z.number(), value: z.number() })) });

/** Steps before the server is killed, and before it is restarted. */
const [killed, restarted] = [4, 10];
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-mlflow-"));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const notices: string[] = [];
let server = await start();
try {
  const data = await drawnFolder(join(folder, "data"), { train: 8, valid: 4 });
  const out = join(folder, "run");
  const options = {
    data,
    dataset: "folder",
    out,
    variant: "coop",
    augment: "none",
    epochs: 4,
    batchSize: 6,
    threads: 1,
  };
  const config = trainSchema.config.parse({ ...options, mlflow: url, mlflowExperiment: "drawn shapes" });
  const outage = {
    name: "outage",
    onStep: async ({ step }: { readonly step: number }) => {
      // Give the requests in the background time to arrive.
      await wait(1000);
      if (step === killed) await stop(server);
      if (step === restarted) server = await start();
    },
  };
  const { steps } = await train(config, { callbacks: [outage], notice: (line) => notices.push(line) });
  const answer = { version: version(), steps, killedAfterStep: killed, restartedAfterStep: restarted, notices };
  const held = await compare(out);
  const text = `${JSON.stringify({ ...answer, ...held }, null, 2)}\n`.replaceAll(`127.0.0.1:${port}`, "127.0.0.1:PORT");
  await writeFileAtomic(record, text);
  process.stdout.write(text);
} finally {
  await stop(server);
  await rm(folder, { recursive: true, force: true });
}

/** Compares what the server has of the run with the run's own files. Throws if they differ. */
async function compare(out: string) {
  const { runId } = z
    .object({ runId: z.string() })
    .parse(JSON.parse(await readText(join(out, "mlflow.json"), "CONFIG")));
  const { run } = runSchema.parse(await ask(`mlflow/runs/get?run_id=${runId}`));
  const records = await readRecords(join(out, "metrics.jsonl"));
  const curves: Record<string, number> = {};
  for (const [kind, name] of [
    ["step", "L_vt"],
    ["step", "lr"],
    ["epoch", "L_vt"],
  ] as const) {
    const key = `${kind}/${name}`;
    const { metrics } = historySchema.parse(
      await ask(`mlflow/metrics/get-history?run_id=${runId}&metric_key=${encodeURIComponent(key)}`),
    );
    const theirs = metrics.map(({ step, value }) => `${step} ${value}`).sort();
    const ours = records
      .filter((each) => each.kind === kind)
      .map((each) => `${each.step} ${each[name]}`)
      .sort();
    if (JSON.stringify(theirs) !== JSON.stringify(ours)) throw new Error(`${key} differs: ${theirs} and ${ours}`);
    curves[key] = ours.length;
  }
  const files: Record<string, string> = {};
  for (const name of ["best.safetensors", "metrics.jsonl", "run.json"]) {
    const response = await fetch(`${url}/get-artifact?path=${name}&run_uuid=${runId}`);
    const [theirs, ours] = [hash(new Uint8Array(await response.arrayBuffer())), hash(await readFile(join(out, name)))];
    if (theirs !== ours) throw new Error(`${name} differs`);
    files[name] = "the same bytes";
  }
  const scores = run.data.metrics.filter(({ key }) => /^(best|valid)\//.test(key)).map(({ key }) => key);
  return { status: run.info.status, params: run.data.params.length, valuesEqual: curves, files, scores: scores.sort() };
}

async function ask(path: string): Promise<unknown> {
  return (await fetch(`${url}/api/2.0/${path}`)).json();
}

async function start(): Promise<ChildProcess> {
  const store = ["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`];
  const artifacts = ["--artifacts-destination", join(folder, "artifacts")];
  const words = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  const child = spawn(python ?? "", [...words, ...store, ...artifacts], { stdio: "ignore", detached: true });
  for (let tries = 0; tries < 120; tries++) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return child;
    await wait(1000);
  }
  throw new Error("the server does not answer");
}

/** Kills the process group of the server and its workers. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  process.kill(-child.pid, "SIGKILL");
  await gone;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function version(): string {
  return execFileSync(python ?? "", ["-c", "import mlflow; print(mlflow.__version__)"], { encoding: "utf8" }).trim();
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
