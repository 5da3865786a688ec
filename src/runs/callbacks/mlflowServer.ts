/** Client for the parts of MLflow's tracking REST API that log a run. */
import { z } from "zod";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { type Patience, patientFetch } from "../../platform/network.node.ts";

/** Value of a metric at one step. */
export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  /** milliseconds since 1970 */
  readonly timestamp: number;
  readonly step: number;
}

/** A tag or parameter. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A run on the server. */
export interface MlflowRun {
  readonly runId: string;
  /** location of the run's files */
  readonly artifactUri: string;
}

export type MlflowStatus = "RUNNING" | "FINISHED" | "FAILED" | "KILLED";

/** Maximum number of metrics in one request. */
export const maxMetrics = 1000;
/** Maximum number of parameters in one request. */
const maxParams = 100;
/** Timeout of one request, milliseconds. */
const requestTimeout = 20_000;

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const madeSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }) });

type Environment = Readonly<Record<string, string | undefined>>;

/** A tracking server. Methods throw NETWORK if the server does not answer or rejects a request. */
export class MlflowServer {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #patience: Patience;

  /** Credentials are read from the environment variables of MLflow's own clients. */
  constructor(url: string, patience: Patience, env: Environment = process.env) {
    this.url = url.replace(/\/+$/, "");
    this.#headers = authorization(env);
    this.#patience = patience;
  }

  /** Returns the id of the experiment with this name, creating it if necessary. */
  async experiment(name: string): Promise<string> {
    const path = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const found = await this.#ask("GET", path, undefined, [404]);
    if (found !== undefined) return this.#read(experimentSchema, found).experiment.experiment_id;
    return this.#read(madeSchema, await this.#ask("POST", "experiments/create", { name })).experiment_id;
  }

  async createRun(experiment: string, name: string, tags: readonly KeyValue[]): Promise<MlflowRun> {
    const body = { experiment_id: experiment, run_name: name, start_time: Date.now(), tags };
    const { info } = this.#read(runSchema, await this.#ask("POST", "runs/create", body)).run;
    return { runId: info.run_id, artifactUri: info.artifact_uri };
  }

  /** Logs at most `maxMetrics` metrics. */
  async logMetrics(runId: string, metrics: readonly MlflowMetric[]): Promise<void> {
    await this.#ask("POST", "runs/log-batch", { run_id: runId, metrics });
  }

  async logParams(runId: string, params: readonly KeyValue[]): Promise<void> {
    for (let at = 0; at < params.length; at += maxParams) {
      await this.#ask("POST", "runs/log-batch", { run_id: runId, params: params.slice(at, at + maxParams) });
    }
  }

  async setTag(runId: string, tag: KeyValue): Promise<void> {
    await this.#ask("POST", "runs/set-tag", { run_id: runId, ...tag });
  }

  /** Sets a run's status; any status but RUNNING also sets its end time. */
  async setStatus(runId: string, status: MlflowStatus): Promise<void> {
    const end = status === "RUNNING" ? {} : { end_time: Date.now() };
    await this.#ask("POST", "runs/update", { run_id: runId, status, ...end });
  }

  /** Uploads a file. Returns false if the server does not proxy its artifact store. */
  async putArtifact({ artifactUri }: MlflowRun, name: string, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const [, path] = /^mlflow-artifacts:\/+(?:[^/]+:\d+\/)?(.*)$/.exec(artifactUri) ?? [];
    if (path === undefined) return false;
    await this.#request("PUT", `mlflow-artifacts/artifacts/${path}/${name}`, content, "application/octet-stream");
    return true;
  }

  async #ask(method: string, path: string, body?: unknown, none: readonly number[] = []): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.#request(method, `mlflow/${path}`, text, "application/json", none);
    return none.includes(response.status) ? undefined : await response.json();
  }

  async #request(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    type: string,
    accepted: readonly number[] = [],
  ): Promise<Response> {
    const where = `${this.url}/api/2.0/${path}`;
    const headers = { ...this.#headers, ...(body !== undefined && { "Content-Type": type }) };
    const fetch = patientFetch(undefined, this.#patience, requestTimeout);
    const response = await fetch(where, { method, headers, body }).catch((cause) => {
      const reason = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
      throw new MpaError("NETWORK", `MLflow does not answer (${reason})`, { where: this.url, cause });
    });
    if (response.ok || accepted.includes(response.status)) return response;
    const said = (await response.text()).slice(0, 200);
    throw new MpaError("NETWORK", `MLflow answers with status ${response.status} (${said})`, { where });
  }

  #read<T>(schema: z.ZodType<T>, answer: unknown): T {
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    throw new MpaError("NETWORK", "the answer is not MLflow's", { where: this.url });
  }
}

/** Authorization header, as MLflow's clients send it: a token, else a user name and password. */
function authorization(env: Environment): Readonly<Record<string, string>> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: name, MLFLOW_TRACKING_PASSWORD: password } = env;
  if (token) return { Authorization: `Bearer ${token}` };
  if (!name) return {};
  return { Authorization: `Basic ${Buffer.from(`${name}:${password ?? ""}`).toString("base64")}` };
}
