/** MLflow logging: to a test server, to a failing one, and to the real one if it is installed. */
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import { MlflowTestServer } from "../../../test/mlflowServer.ts";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import { train } from "../train/train.ts";
import type { TrainerCallback } from "./callbacks.ts";
import { mlflowCallback } from "./mlflow.ts";

const folder = new TrainingFolder();
let server: MlflowTestServer;
let url: string;
beforeEach(async () => {
  server = new MlflowTestServer();
  url = await server.listen();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const patience = { tries: 2, firstWait: 1, longestWait: 1 };
const logged = (key: string) => server.metrics.filter((metric) => metric.key === key);

it("logs options, curves, scores, files and the final status", async () => {
  vi.stubEnv("MLFLOW_TRACKING_USERNAME", "ada");
  vi.stubEnv("MLFLOW_TRACKING_PASSWORD", "secret");
  const config = folder.config("logged", { mlflow: `${url}/`, mlflowExperiment: "faces" });
  const { metrics } = await train(config);
  expect(server.experiments).toEqual(["faces"]);
  expect(server.params).toMatchObject({ variant: "coop", lr: "0.032", batchSize: "4", dataset: "folder" });
  expect(server.tags).toMatchObject({
    "mpa-fer.classes": '["circle","cross","square"]',
    "mlflow.source.name": "mpa-fer",
  });
  const records = (await readFile(folder.file("logged", "metrics.jsonl"), "utf8")).trim().split("\n");
  const steps = records.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "step");
  expect(logged("step/L_vt").map(({ step, value }) => [step, value])).toEqual(
    steps.map(({ step, L_vt }) => [step, L_vt]),
  );
  expect(logged("valid/accuracy").map(({ step }) => step)).toEqual([3, 6]);
  expect(logged("best/accuracy").map(({ value }) => value)).toEqual([metrics?.accuracy]);
  expect(Object.keys(server.artifacts).sort()).toEqual(["best.safetensors", "metrics.jsonl", "run.json"]);
  expect(server.artifacts["best.safetensors"].equals(await readFile(folder.file("logged", "best.safetensors")))).toBe(
    true,
  );
  expect(server.statuses).toEqual(["FINISHED"]);
  expect([...server.authorizations]).toEqual([`Basic ${Buffer.from("ada:secret").toString("base64")}`]);
});

it("continues the same MLflow run after resuming", async () => {
  const stop: TrainerCallback = { name: "stop", onStep: ({ step }, control) => step === 2 && control.stop("enough") };
  await train(folder.config("twice", { mlflow: url }), { callbacks: [stop] });
  expect(server.tags).toMatchObject({ "mpa-fer.reason": "enough" });
  await train(folder.config("twice", { mlflow: url, resume: true }));
  expect(server.requests.filter((request) => request.endsWith("/runs/create"))).toHaveLength(1);
  expect(server.statuses).toEqual(["FINISHED", "RUNNING", "FINISHED"]);
  expect(logged("step/L_vt").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
});

it("retries if the server is busy", async () => {
  server.failures = 1;
  await train(folder.config("busy"), { callbacks: [mlflowCallback(url, { patience })] });
  expect(logged("step/L_vt")).toHaveLength(6);
});

it("sends what the server missed while it was down, and warns once", async () => {
  const notices: string[] = [];
  server.failures = 2;
  const callback = mlflowCallback(url, { patience, notice: (line) => notices.push(line) });
  await train(folder.config("missed"), { callbacks: [callback] });
  expect(logged("step/L_vt").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(notices).toEqual([expect.stringMatching(/^MLflow: .*status 503.*the run goes on/)]);
});

it("completes the training without a server", async () => {
  await server.close();
  const notices: string[] = [];
  const callback = mlflowCallback(url, { patience, notice: (line) => notices.push(line) });
  const result = await train(folder.config("alone"), { callbacks: [callback] });
  expect(result.steps).toBe(6);
  expect(notices).toEqual([
    expect.stringMatching(/^MLflow: MLflow does not answer \(.*ECONNREFUSED.*the run goes on/),
    expect.stringMatching(/^MLflow: the end of the run is not logged \(\d+ values missing\)/),
  ]);
});

it("sends nothing with --offline", async () => {
  const { data, backbone } = folder;
  const words = ["--data", data, "--dataset", "folder", "--backbone", backbone, "--out", folder.file("offline")];
  const { code, stderr } = await callProgram(["train", ...words, "--mlflow", url, "--offline"]);
  vi.stubEnv("MPA_FER_OFFLINE", "");
  expect([code, stderr]).toEqual([1, expect.stringContaining("NETWORK: --mlflow needs the network")]);
  expect(server.requests).toEqual([]);
});

it("requires a URL", async () => {
  const { code, stderr } = await callProgram(["train", "--data", "x", "--dataset", "folder", "--mlflow", "somewhere"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("--mlflow is somewhere but must be an address")]);
});
