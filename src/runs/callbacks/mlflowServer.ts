/** MLflow's tracking server by its REST protocol, as far as a run is logged with it. */
import { z } from "zod";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { type Patience, patientFetch } from "../../platform/network.node.ts";

export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  /** milliseconds since 1970 */
  readonly timestamp: number;
  readonly step: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface MlflowRun {
  readonly runId: string;
  /** where the server keeps its files */
  readonly artifactUri: string;
}

export type MlflowStatus = "RUNNING" | "FINISHED" | "FAILED" | "KILLED";

/** What the server takes at once. */
export const maxMetrics = 1000;
const maxParams = 100;
/** Milliseconds that one request may take. */
const longestRequest = 20_000;

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const madeSchema = z.object({ experiment_id: z.string() });
const runSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }) });

type Environment = Readonly<Record<string, string | undefined>>;

export class MlflowServer {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #patience: Patience;

  /** Credentials come from the variables of MLflow's own clients, never from an option. */
  constructor(url: string, patience: Patience, env: Environment = process.env) {
    this.url = url.replace(/\/+$/, "");
    this.#headers = authorization(env);
    this.#patience = patience;
  }

  /** The experiment of this name, made where there is none. */
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

  /** At most `mostMetrics` metrics. */
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

  /** A run that is not at work any more has ended now. */
  async setStatus(runId: string, status: MlflowStatus): Promise<void> {
    const end = status === "RUNNING" ? {} : { end_time: Date.now() };
    await this.#ask("POST", "runs/update", { run_id: runId, status, ...end });
  }

  /** Gives false where the server does not take files itself, but leaves them to a store behind it. */
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
    const fetch = patientFetch(undefined, this.#patience, longestRequest);
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

/** As MLflow's clients: a token, else a name and a password. */
function authorization(env: Environment): Readonly<Record<string, string>> {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: name, MLFLOW_TRACKING_PASSWORD: password } = env;
  if (token) return { Authorization: `Bearer ${token}` };
  if (!name) return {};
  return { Authorization: `Basic ${Buffer.from(`${name}:${password ?? ""}`).toString("base64")}` };
}
